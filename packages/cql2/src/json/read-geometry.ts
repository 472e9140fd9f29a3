import type { BoundingBox } from "../ast.ts";
import {
  COORDINATE_DEPTH,
  type Coordinates,
  type Geometry,
  geometryProblem,
  type Position,
  type SingleGeometry,
} from "../geometry.ts";
import { numberText } from "./exact-number.ts";
import { childPointer, type JsonObject, type JsonReader } from "./reader.ts";

const DEPTHS: Readonly<Record<string, number>> = COORDINATE_DEPTH;

/** Reads a GeoJSON geometry (RFC 7946, 3.1). Its `bbox` is redundant: it is checked and omitted. */
export function readGeometry(reader: JsonReader, object: JsonObject, pointer: string): Geometry {
  const geometry =
    object.type === "GeometryCollection"
      ? readCollection(reader, object, pointer)
      : readSingle(reader, object, pointer);
  const problem = geometryProblem(geometry);
  if (problem !== undefined) {
    reader.fail(`Invalid ${geometry.type}: ${problem}.`, pointer, "invalid-geometry");
  }
  return geometry;
}

function readCollection(reader: JsonReader, object: JsonObject, pointer: string): Geometry {
  reader.onlyMembers(object, pointer, ["type", "geometries"]);
  const at = childPointer(pointer, "geometries");
  const geometries = reader.array(object.geometries, at, 1).map((part, index) => {
    const partPointer = childPointer(at, index);
    if (typeof part !== "object" || part === null || Array.isArray(part)) {
      return reader.fail("Expected a GeoJSON geometry.", partPointer, "invalid-geometry");
    }
    return readSingle(reader, part as JsonObject, partPointer);
  });
  return { type: "GeometryCollection", geometries };
}

function readSingle(reader: JsonReader, object: JsonObject, pointer: string): SingleGeometry {
  const { type } = object;
  if (typeof type !== "string" || !Object.hasOwn(DEPTHS, type)) {
    return reader.fail("Unknown geometry type.", childPointer(pointer, "type"), "invalid-geometry");
  }
  reader.onlyMembers(object, pointer, ["type", "coordinates", "bbox"]);
  if (object.bbox !== undefined)
    readNumbers(reader, object.bbox, childPointer(pointer, "bbox"), 4, 6);
  const at = childPointer(pointer, "coordinates");
  const coordinates = readCoordinates(reader, object.coordinates, at, DEPTHS[type] ?? 0);
  // COORDINATE_DEPTH guarantees the nesting of the type, which TypeScript cannot infer.
  return { type, coordinates } as unknown as SingleGeometry;
}

function readCoordinates(
  reader: JsonReader,
  value: unknown,
  pointer: string,
  depth: number,
): Coordinates {
  if (depth === 0) {
    reader.vertex(pointer);
    return readNumbers(reader, value, pointer, 2, 3) as unknown as Position;
  }
  return reader
    .array(value, pointer, 1)
    .map((item, index) => readCoordinates(reader, item, childPointer(pointer, index), depth - 1));
}

/** `{"bbox": […]}` with four or six numbers. */
export function readBoundingBox(
  reader: JsonReader,
  object: JsonObject,
  pointer: string,
): BoundingBox {
  reader.onlyMembers(object, pointer, ["bbox"]);
  const at = childPointer(pointer, "bbox");
  const bounds = readNumbers(reader, object.bbox, at, 4, 6);
  if (bounds.length === 5) {
    reader.fail("A bbox has four or six numbers.", at, "invalid-geometry");
  }
  return { kind: "bbox", bounds };
}

function readNumbers(
  reader: JsonReader,
  value: unknown,
  pointer: string,
  least: number,
  most: number,
): readonly number[] {
  const items = reader.array(value, pointer, least);
  if (items.length > most) reader.fail(`More than ${most} numbers.`, pointer, "invalid-geometry");
  return items.map((item, index) => {
    const text = numberText(item);
    const number = Number(text);
    if (text === undefined || !Number.isFinite(number)) {
      return reader.fail("Expected a number.", childPointer(pointer, index), "invalid-geometry");
    }
    return number === 0 ? 0 : number;
  });
}
