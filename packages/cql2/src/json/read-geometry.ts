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
import { child, type JsonObject, type Reader } from "./reader.ts";

const DEPTHS: Readonly<Record<string, number>> = COORDINATE_DEPTH;

/** A GeoJSON geometry (RFC 7946, 3.1). Its `bbox` is checked and left out: it says nothing new. */
export function readGeometry(reader: Reader, object: JsonObject, pointer: string): Geometry {
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

function readCollection(reader: Reader, object: JsonObject, pointer: string): Geometry {
  reader.onlyMembers(object, pointer, ["type", "geometries"]);
  const at = child(pointer, "geometries");
  const geometries = reader.array(object.geometries, at, 1).map((part, index) => {
    const partPointer = child(at, index);
    if (typeof part !== "object" || part === null || Array.isArray(part)) {
      return reader.fail("Expected a GeoJSON geometry.", partPointer, "invalid-geometry");
    }
    return readSingle(reader, part as JsonObject, partPointer);
  });
  return { type: "GeometryCollection", geometries };
}

function readSingle(reader: Reader, object: JsonObject, pointer: string): SingleGeometry {
  const { type } = object;
  if (typeof type !== "string" || !Object.hasOwn(DEPTHS, type)) {
    return reader.fail("Unknown geometry type.", child(pointer, "type"), "invalid-geometry");
  }
  reader.onlyMembers(object, pointer, ["type", "coordinates", "bbox"]);
  if (object.bbox !== undefined) readNumbers(reader, object.bbox, child(pointer, "bbox"), 4, 6);
  const at = child(pointer, "coordinates");
  const coordinates = readCoordinates(reader, object.coordinates, at, DEPTHS[type] ?? 0);
  // The nesting read is that of the type, which the union ties together but a table cannot.
  return { type, coordinates } as unknown as SingleGeometry;
}

function readCoordinates(
  reader: Reader,
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
    .map((item, index) => readCoordinates(reader, item, child(pointer, index), depth - 1));
}

/** `{"bbox": […]}` with four or six numbers. */
export function readBoundingBox(reader: Reader, object: JsonObject, pointer: string): BoundingBox {
  reader.onlyMembers(object, pointer, ["bbox"]);
  const at = child(pointer, "bbox");
  const bounds = readNumbers(reader, object.bbox, at, 4, 6);
  if (bounds.length === 5) {
    reader.fail("A bbox has four or six numbers.", at, "invalid-geometry");
  }
  return { kind: "bbox", bounds };
}

function readNumbers(
  reader: Reader,
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
      return reader.fail("Expected a number.", child(pointer, index), "invalid-geometry");
    }
    return number === 0 ? 0 : number;
  });
}
