import {
  COORDINATE_DEPTH,
  type Coordinates,
  type Geometry,
  geometryProblem,
  type Position,
  type SingleGeometry,
} from "../geometry.ts";
import { GEOMETRY_KEYWORDS } from "../operators.ts";
import type { TextReader } from "./reader.ts";
import type { Token } from "./token.ts";

const TYPES: ReadonlyMap<string, Geometry["type"]> = GEOMETRY_KEYWORDS;

/**
 * True if Well-Known Text begins here: the name of a geometry type, optionally Z, and a
 * parenthesis.
 */
export function isGeometryStart(reader: TextReader): boolean {
  if (!TYPES.has(reader.peek().keyword)) return false;
  const ahead = reader.peek(1).keyword === "Z" ? 2 : 1;
  return reader.peek(ahead).keyword === "(";
}

/** Reads a geometry in Well-Known Text (Annex B, `spatialInstance`) after its type name. */
export function readGeometry(reader: TextReader, name: Token): Geometry {
  const geometry = readTagged(reader, name);
  const problem = geometryProblem(geometry);
  if (problem !== undefined) {
    reader.fail(`Invalid ${name.text}: ${problem}.`, name, "invalid-geometry");
  }
  return geometry;
}

function readTagged(reader: TextReader, name: Token): Geometry {
  const elevated = reader.accept("Z");
  const type = TYPES.get(name.keyword);
  if (type === undefined) return reader.fail(`${name.text} is not a geometry.`, name);
  if (type === "GeometryCollection") return { type, geometries: readParts(reader) };
  const coordinates = readCoordinates(reader, type, elevated);
  // COORDINATE_DEPTH guarantees the nesting of the type, which TypeScript cannot infer.
  return { type, coordinates } as unknown as SingleGeometry;
}

function readParts(reader: TextReader): readonly SingleGeometry[] {
  const readPart = () => {
    const name = reader.peek();
    if (!isGeometryStart(reader)) reader.unexpected("a geometry");
    reader.next();
    const part = readTagged(reader, name);
    if (part.type !== "GeometryCollection") return part;
    return reader.fail("A GEOMETRYCOLLECTION cannot hold another.", name, "invalid-geometry");
  };
  return readList(reader, readPart);
}

function readCoordinates(
  reader: TextReader,
  type: SingleGeometry["type"],
  elevated: boolean,
): Coordinates {
  const position = () => readPosition(reader, elevated);
  const single = () => {
    reader.expect("(");
    const point = position();
    reader.expect(")");
    return point;
  };
  if (type === "Point") return single();
  if (type === "MultiPoint") return readList(reader, single);
  const nested = (depth: number): Coordinates =>
    readList<Coordinates>(reader, depth === 1 ? position : () => nested(depth - 1));
  return nested(COORDINATE_DEPTH[type]);
}

function readPosition(reader: TextReader, elevated: boolean): Position {
  const at = reader.peek();
  reader.vertex(at);
  const [x, y] = [readSignedNumber(reader), readSignedNumber(reader)];
  const next = reader.peek();
  if (next.type !== "number" && next.keyword !== "-" && next.keyword !== "+") {
    if (elevated) reader.fail("A position of a Z geometry has three coordinates.", at);
    return [x, y];
  }
  return [x, y, readSignedNumber(reader)];
}

/** Reads `signedNumericLiteral` as a double. Minus zero is zero. */
export function readSignedNumber(reader: TextReader): number {
  const negative = reader.accept("-");
  if (!negative) reader.accept("+");
  if (reader.peek().type !== "number") reader.unexpected("a number");
  const value = Number(reader.next().text);
  return negative && value !== 0 ? -value : value;
}

function readList<T>(reader: TextReader, item: () => T): readonly T[] {
  reader.expect("(");
  const items = [item()];
  while (reader.accept(",")) items.push(item());
  reader.expect(")");
  return items;
}
