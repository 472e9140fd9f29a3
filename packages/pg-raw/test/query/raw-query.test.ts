import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RawDatabase } from "../../src/index.ts";
import { openTestDatabase } from "../support/raw-database.ts";

const RUNNING =
  "select 1 from pg_stat_activity where state = 'active' and query = 'select pg_sleep(60)'";

let created: TestDatabase;
let database: RawDatabase;
let observer: pg.Client;

beforeAll(async () => {
  created = await createDatabase();
  observer = new pg.Client(created.url);
  await observer.connect();
  database = openTestDatabase(created.url, {
    // One connection, so that each query uses the connection of the previous one.
    maxConnections: 1,
    waitMs: 5_000,
    statementTimeoutMs: 1_000,
  });
});
afterAll(async () => {
  await observer?.end();
  await database?.close();
  await created?.drop();
});

const texts = async (text: string, values: readonly unknown[] = [], name?: string) => {
  const rows = await database.queryBytes({ text, values, ...(name ? { name } : {}) });
  return rows.use((all) => all.map((row) => row.map((value) => value && String(value))));
};

it("returns the bytes of every value, and null", async () => {
  expect(await texts("select 'Ünï 🎈', null, 1, ''")).toEqual([["Ünï 🎈", null, "1", ""]]);
  expect(await texts("select n from generate_series(1, 3) n")).toEqual([["1"], ["2"], ["3"]]);
  expect(await texts("select 1 where false")).toEqual([]);
});

it("binds values, and plans a statement with a name once", async () => {
  for (const n of [1, 2, 3]) {
    const text = "select $1::int + 1, $2::text[], $3::text";
    expect(await texts(text, [n, ["a,b", 'q"'], null], "one")).toEqual([
      [String(n + 1), '{"a,b","q\\""}', null],
    ]);
  }
  const [plans] = await database.query({
    text: "select name from pg_prepared_statements",
    values: [],
  });
  expect(plans).toEqual({ name: "one" });
});

it("returns values in binary format if the statement requests it", async () => {
  const statement = { text: "select '\\x00ff10'::bytea, null, 1::int", values: [], isBinary: true };
  const rows = await database.queryBytes(statement);
  expect(rows.value[0]).toEqual([Buffer.from([0, 0xff, 0x10]), null, Buffer.from([0, 0, 0, 1])]);
});

it("returns rows that arrive in several reads, and does not overwrite them", async () => {
  const text = "select repeat(n::text, 3000000), n from generate_series(1, 3) n";
  const { value: rows } = await database.queryBytes({ text, values: [] });
  await database.query({ text, values: [] });
  expect(rows.map(([long]) => long?.length)).toEqual([3e6, 3e6, 3e6]);
  rows.forEach(([long], index) => {
    expect(long?.equals(Buffer.alloc(3e6, String(index + 1)))).toBe(true);
  });
});

it("uses the connection for the next query, also after an error", async () => {
  await expect(texts("select 1 / (n - 2) from generate_series(1, 3) n")).rejects.toMatchObject({
    code: "bad-value",
  });
  await expect(texts("select x")).rejects.toMatchObject({ code: "table-changed" });
  await expect(texts("select pg_sleep(5)")).rejects.toMatchObject({ code: "statement-timeout" });
  await expect(texts("select $1::int", ["x"], "bad")).rejects.toMatchObject({ code: "bad-value" });
  expect(await texts("select $1::int", ["1"], "bad")).toEqual([["1"]]);
  expect(await database.query({ text: "select 1 as one", values: [] })).toEqual([{ one: 1 }]);
});

it("is cancelled in the database by its signal, and keeps its connection", async () => {
  await database.query({ text: "set statement_timeout = 0", values: [] });
  const [connection] = await texts("select pg_backend_pid()");
  const abort = new AbortController();
  const read = database.queryBytes({ text: "select pg_sleep(60)", values: [] }, abort);
  const refused = expect(read).rejects.toMatchObject({ code: "statement-timeout" });
  await eventually("the query runs", async () => (await observer.query(RUNNING)).rowCount === 1);
  abort.abort();
  await refused;
  // If the driver had timed out first, another connection would have replaced this one.
  expect(await texts("select pg_backend_pid()")).toEqual([connection]);
});
