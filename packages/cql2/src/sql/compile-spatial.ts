import type {
  BoundingBox,
  GeometryExpression,
  GeometryLiteral,
  Property,
  SpatialPredicate,
} from "../ast.ts";
import type { SpatialOperator } from "../operators.ts";
import { writeWkt } from "../wkt.ts";
import { type Compiler, describeOperand, quoteIdentifier } from "./compiler.ts";
import { literalGeometry } from "./literal-geometry.ts";

/**
 * The functions of PostGIS. All of them use a spatial index, except ST_Disjoint. They ignore elevations,
 * as 06-103r4, 6.1.2.5 requires.
 */
const FUNCTIONS: Readonly<Record<SpatialOperator, string>> = {
  s_contains: "ST_Contains",
  s_crosses: "ST_Crosses",
  s_disjoint: "ST_Disjoint",
  s_equals: "ST_Equals",
  s_intersects: "ST_Intersects",
  s_overlaps: "ST_Overlaps",
  s_touches: "ST_Touches",
  s_within: "ST_Within",
};

/**
 * `spatialPredicate` (OGC 21-065r2, 7.4 and 7.5). Literals are transformed to the SRID of the
 * column.
 */
export function compileSpatial(compiler: Compiler, node: SpatialPredicate, at: string): string {
  return `${FUNCTIONS[node.op]}(${compileOperands(compiler, node, at).join(", ")})`;
}

/** True for a predicate whose bounding boxes an index can compare: of a column and a literal. */
export function hasBoundingBoxTest({ op, left, right }: SpatialPredicate): boolean {
  if (op === "s_disjoint") return false;
  return isLiteral(left) ? right.kind === "property" : left.kind === "property" && isLiteral(right);
}

/**
 * Compares the bounding boxes of a column and a literal, which meet in every row that the predicate
 * selects. It uses the spatial index and, unlike the predicate, never raises an error.
 */
export function compileBoundingBoxTest(
  compiler: Compiler,
  node: SpatialPredicate,
  at: string,
): string {
  return compileOperands(compiler, node, at).join(" && ");
}

function isLiteral({ kind }: GeometryExpression): boolean {
  return kind === "geometry" || kind === "bbox";
}

/** Both operands in one SRID. */
function compileOperands(compiler: Compiler, node: SpatialPredicate, at: string): string[] {
  const [leftAt, rightAt] = [`${at}/args/0`, `${at}/args/1`];
  const srid = targetSrid(compiler, node.left, leftAt) ?? targetSrid(compiler, node.right, rightAt);
  return [
    compileOperand(compiler, node.left, leftAt, srid),
    compileOperand(compiler, node.right, rightAt, srid),
  ];
}

/** Compiles a geometry literal, by default in the SRID of the filter. */
export function compileGeometry(
  compiler: Compiler,
  node: GeometryLiteral | BoundingBox,
  at: string,
  srid = filterSrid(compiler),
): string {
  const from = filterSrid(compiler);
  const geometry = literalGeometry(compiler, node, at, srid !== from);
  const literal = `ST_SetSRID(ST_GeomFromText(${compiler.bind(writeWkt(geometry), "text")}), ${from})`;
  return srid === from ? literal : `ST_Transform(${literal}, ${checkSrid(srid)})`;
}

function compileOperand(
  compiler: Compiler,
  node: GeometryExpression,
  at: string,
  srid: number | undefined,
): string {
  switch (node.kind) {
    case "geometry":
    case "bbox":
      return compileGeometry(compiler, node, at, srid);
    case "function":
      return compiler.unsupportedFunction(node, at);
    case "property":
      return compileGeometryColumn(compiler, node, at, srid);
  }
}

/** Of two columns with different SRIDs, the second is transformed. */
function compileGeometryColumn(
  compiler: Compiler,
  property: Property,
  at: string,
  srid: number | undefined,
): string {
  const column = quoteIdentifier(compiler.column(property, at).column);
  const own = targetSrid(compiler, property, at);
  return srid === undefined || own === srid
    ? column
    : `ST_Transform(${column}, ${checkSrid(srid)})`;
}

function targetSrid(compiler: Compiler, node: GeometryExpression, at: string): number | undefined {
  if (node.kind !== "property") return undefined;
  const { type, srid } = compiler.column(node, at);
  if (type === "geometry") return srid ?? filterSrid(compiler);
  const found = describeOperand(compiler, node, at);
  return compiler.fail("type-mismatch", `Expected a geometry, found ${found}.`, at);
}

function filterSrid(compiler: Compiler): number {
  return checkSrid(compiler.context.filterSrid ?? 4326);
}

/** Validates an SRID of the configuration, because SQL contains it as a literal. */
function checkSrid(srid: number): number {
  if (!Number.isSafeInteger(srid) || srid < 0) throw new TypeError(`${srid} is not an SRID`);
  return srid;
}
