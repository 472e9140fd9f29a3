import type { Row } from "@honua/pg-raw";
import { BoundValues, type Statement } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { TableName } from "../layer/catalog.ts";
import { identifier, qualified } from "../sql/identifier.ts";
import { restrictionConditions } from "../sql/restriction.ts";

/** Geometry types and SRIDs in sampled rows of a geometry column. */
export interface GeometrySample {
  types: readonly string[];
  srids: readonly number[];
}

/** Rows that are sampled from each column, without null geometries. */
const SAMPLED_ROWS = 100;

/** Samples several columns in one statement; `sample` in a row is the position in `columns`. */
export function sampleStatement(
  columns: readonly ({ table: TableName; geometryColumn: string } & Pick<
    BoundLayer,
    "restriction"
  >)[],
): Statement {
  const values = new BoundValues();
  const samples = columns.map(({ table, geometryColumn, ...layer }, index) => {
    const column = identifier(geometryColumn);
    const conditions = [`${column} is not null`, ...restrictionConditions(layer, values)];
    return `(select ${index}::int as sample, geometrytype(g) as type, st_srid(g) as srid
  from (select ${column} as g from ${qualified(table)} where ${conditions.join(" and ")} limit ${SAMPLED_ROWS}) s
  group by 2, 3)`;
  });
  return { text: samples.join("\nunion all\n"), values: values.all() };
}

/** The samples by position. A column without rows has no sample. */
export function parseSamples(rows: readonly Row[]): Map<number, GeometrySample> {
  const samples = new Map<number, { types: string[]; srids: number[] }>();
  for (const row of rows) {
    const position = Number(row.sample);
    const sample = samples.get(position) ?? { types: [], srids: [] };
    const type = String(row.type);
    const srid = Number(row.srid);
    if (!sample.types.includes(type)) sample.types.push(type);
    if (!sample.srids.includes(srid)) sample.srids.push(srid);
    samples.set(position, sample);
  }
  return samples;
}
