import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { BoundProperty } from "../../layer/bound-property.ts";
import type { CatalogColumn } from "../../layer/catalog.ts";
import { type FeatureRepresentation, geometryIn } from "../../sql/feature-json.ts";
import { identifier, literal } from "../../sql/identifier.ts";
import { jsonId, jsonValue } from "../../sql/json-value.ts";
import type { TextFormat } from "./item-format.ts";

interface Column {
  name: string;
  /** SQL that is never null and quotes its value if necessary. */
  sql: string;
}

/**
 * CSV (RFC 4180) in UTF-8 with a header: the id, the properties, then the geometry. A layer of plain
 * points has two coordinate columns. Every other geometry is well-known text. A null value is empty, and
 * an empty text is `""`. Values that begin with `=` are not escaped for spreadsheets, which may run them
 * as formulas: other readers would get wrong data.
 */
export const csvText: TextFormat = {
  itemSql: (bound, request) =>
    `${columnsOf(bound, request)
      .map(({ sql }) => sql)
      .join("\n    || ',' || ")} || chr(13) || chr(10)`,
  head: ({ bound, request }) =>
    `${columnsOf(bound, request)
      .map(({ name }) => (/[",\r\n]/.test(name) ? quoted(name) : name))
      .join(",")}\r\n`,
  separator: "",
  tail: () => "",
  hasLinks: false,
};

function columnsOf(bound: BoundLayer, what: FeatureRepresentation): Column[] {
  const properties = what.properties ?? bound.properties;
  const taken = new Set(properties.map(({ property }) => property.name));
  // A property keeps its name. Another column with the same name gets a prefix.
  const free = (name: string): string => (taken.has(name) ? free(`_${name}`) : name);
  const geometry = what.skipGeometry ? [] : geometryColumns(bound, what);
  return [
    { name: free("id"), sql: csvId(bound.key) },
    ...properties.map((property) => ({ name: property.property.name, sql: csvValue(property) })),
    ...geometry.map(({ name, sql }) => ({ name: free(name), sql })),
  ];
}

function geometryColumns(bound: BoundLayer, { system }: FeatureRepresentation): Column[] {
  const geometry = at(bound.geometry.name);
  const isPlainPoint = bound.geometry.geometry?.type === "Point";
  if (!isPlainPoint) {
    const { sql, decimals } = geometryIn(bound, geometry, system);
    return [{ name: "geometry", sql: quotedSql(`st_astext(${sql}, ${decimals})`) }];
  }
  // The columns are named, so the axis order of the system does not matter.
  const eastFirst = system && { ...system, northFirst: false };
  const { sql, decimals, isInDegrees } = geometryIn(bound, geometry, eastFirst);
  const coordinate = (axis: "x" | "y") =>
    `case when abs(st_${axis}(${sql})) < 'Infinity' then round(st_${axis}(${sql})::numeric, ${decimals})::float8::text else '' end`;
  return [
    { name: isInDegrees ? "longitude" : "x", sql: coordinate("x") },
    { name: isInDegrees ? "latitude" : "y", sql: coordinate("y") },
  ];
}

function csvId(key: CatalogColumn): string {
  const value = at(key.name);
  return key.category === "S" ? quotedSql(`${value}::text`) : csvJson(jsonId(key, value));
}

/** Quotes texts, so that an empty text differs from null. */
function csvValue({ property, column }: BoundProperty): string {
  const value = at(column.name);
  switch (property.type) {
    case "string":
      return quotedSql(`${value}::text`);
    case "json":
    case "array":
      return quotedSql(`nullif(${jsonValue(column, value)}, 'null')`);
    default:
      return csvJson(jsonValue(column, value));
  }
}

/** JSON of a number, a boolean or a text without inner quotes, which is also valid CSV. */
function csvJson(json: string): string {
  return `coalesce(nullif(${json}, 'null'), '')`;
}

function quotedSql(text: string): string {
  return `coalesce('"' || replace(${text}, ${literal('"')}, ${literal('""')}) || '"', '')`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function at(name: string): string {
  return `r.${identifier(name)}`;
}
