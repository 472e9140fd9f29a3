import type { Row } from "../database/database.ts";
import type { Statement } from "../database/statement.ts";
import { identifier, qualified } from "../sql/identifier.ts";
import type { TableName } from "./catalog.ts";

/** What some rows of a geometry column hold, where its type promises nothing. */
export interface GeometrySample {
  types: readonly string[];
  srids: readonly number[];
}

/** Rows with a geometry that are looked at. */
const ROWS = 100;

/** Looks at some rows of many columns at once; `columns` keeps its order in `sample`. */
export function sampleStatement(
  columns: readonly { table: TableName; geometryColumn: string }[],
): Statement {
  const samples = columns.map(({ table, geometryColumn }, index) => {
    const column = identifier(geometryColumn);
    return `(select ${index}::int as sample, geometrytype(g) as type, st_srid(g) as srid
  from (select ${column} as g from ${qualified(table)} where ${column} is not null limit ${ROWS}) s
  group by 2, 3)`;
  });
  return { text: samples.join("\nunion all\n"), values: [] };
}

/** The samples by position; a column without rows has none. */
export function samplesOf(rows: readonly Row[]): Map<number, GeometrySample> {
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
