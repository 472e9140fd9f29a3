import type pg from "pg";

/** One kind of statement that the drivers are compared with. */
export interface StatementKind {
  name: string;
  text: string;
  /** The values of the statement with a number. */
  values(number: number): unknown[];
  /** True if pg-raw may send it in a batch. */
  isShort: boolean;
}

const ROWS = 200_000;
/** Ids start below this number so that a full page follows. */
const LAST_START = ROWS - 2_000;
/** Spreads consecutive numbers over the table. */
const STRIDE = 7_919;

/** A place as the text of a GeoJSON feature. */
const FEATURE = `'{"type":"Feature","id":' || id || ',"geometry":{"type":"Point","coordinates":[' || x || ',' || y || ']},"properties":{"name":' || to_json(name)::text || '}}'`;

export const STATEMENT_KINDS: readonly StatementKind[] = [
  {
    name: "one row by id",
    text: `select ${FEATURE} from place where id = $1`,
    values: (number) => [(number * STRIDE) % ROWS],
    isShort: true,
  },
  {
    name: "10 rows by key",
    text: `select ${FEATURE} from place where id > $1 order by id limit 10`,
    values: (number) => [(number * STRIDE) % LAST_START],
    isShort: true,
  },
  {
    name: "1000 rows as one text",
    text: `select string_agg(feature, ',') from (select ${FEATURE} as feature from place where id > $1 order by id limit 1000) page`,
    values: (number) => [(number * STRIDE) % LAST_START],
    isShort: false,
  },
];

/** Creates the table that the statements read. */
export async function createPlaces(client: pg.Client): Promise<void> {
  await client.query(
    `create table place as select n as id, n * 0.001 as x, n * 0.0005 as y, 'Place ' || n as name
     from generate_series(0, ${ROWS}) n`,
  );
  await client.query("alter table place add primary key (id)");
  await client.query("vacuum analyze place");
}
