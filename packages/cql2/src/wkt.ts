import type { Geometry, Position, SingleGeometry } from "./geometry.ts";
import { positionsOf } from "./geometry.ts";

/**
 * OGC Well-Known Text of a geometry (06-103r4, 7), in the form that CQL2 text and PostGIS accept.
 */
export function writeWkt(geometry: Geometry): string {
  const dimension = positionsOf(geometry)[0]?.length === 3 ? " Z " : "";
  if (geometry.type === "GeometryCollection") {
    return `GEOMETRYCOLLECTION${dimension}(${geometry.geometries.map(writeWkt).join(",")})`;
  }
  return `${geometry.type.toUpperCase()}${dimension}${writeCoordinates(geometry)}`;
}

function writeCoordinates(geometry: SingleGeometry): string {
  switch (geometry.type) {
    case "Point":
      return `(${writePosition(geometry.coordinates)})`;
    case "MultiPoint":
      return `(${geometry.coordinates.map((point) => `(${writePosition(point)})`).join(",")})`;
    case "LineString":
      return writeLine(geometry.coordinates);
    case "Polygon":
    case "MultiLineString":
      return writeLines(geometry.coordinates);
    case "MultiPolygon":
      return `(${geometry.coordinates.map(writeLines).join(",")})`;
  }
}

function writeLines(lines: readonly (readonly Position[])[]): string {
  return `(${lines.map(writeLine).join(",")})`;
}

function writeLine(line: readonly Position[]): string {
  return `(${line.map(writePosition).join(",")})`;
}

function writePosition(position: Position): string {
  return position.join(" ");
}
