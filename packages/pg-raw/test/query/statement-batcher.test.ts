import { setTimeout } from "node:timers/promises";
import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { Lease, type LeasedRows, type RawDatabase } from "../../src/index.ts";
import { StatementBatcher } from "../../src/query/statement-batcher.ts";
import type { Statement } from "../../src/statement.ts";
import { openTestDatabase } from "../support/raw-database.ts";

let created: TestDatabase;
let database: RawDatabase;
let observer: pg.Client;

beforeAll(async () => {
  created = await createDatabase();
  observer = new pg.Client(created.url);
  await observer.connect();
});
beforeEach(async () => {
  database = openTestDatabase(created.url, {
    // Batches use a quarter of them: two.
    maxConnections: 8,
    waitMs: 5_000,
    statementTimeoutMs: 20_000,
  });
});
afterEach(() => database.close());
afterAll(async () => {
  await observer?.end();
  await created?.drop();
});

/** A short statement that returns its value, after some seconds, and the process ID of the backend. */
const ECHO =
  "select $1::int, pg_backend_pid() from (select pg_sleep($2::float8) offset 0) s where $1::int is not null";

async function query(text: string, values: readonly unknown[], name = "s"): Promise<string[]> {
  const rows = await database.queryBytes({ text, values, name, isShort: true });
  return rows.use(([row]) => (row ?? []).map(String));
}

/** Rows with one value. */
const rowsOf = (value: unknown): LeasedRows =>
  new Lease([[Buffer.from(String(value))]], { release() {} });
const valuesOf = (rows: LeasedRows | undefined) => rows?.value.map((row) => row.map(String));

const echo = (value: number, seconds = 0, name = "echo") => query(ECHO, [value, seconds], name);
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

/** A batcher whose batches are run by a function. Cancelled connections stay silent. */
function batcherOver(
  run: (
    statements: readonly Statement[],
    onResult: (rows: LeasedRows | undefined) => void,
  ) => Promise<void>,
  cancel: () => void = () => undefined,
): StatementBatcher {
  return new StatementBatcher({
    pool: { acquire: () => ({}) as pg.PoolClient, release: () => undefined },
    maxBatches: 2,
    send: (_client, statements, onResult) => run(statements, onResult),
    cancel: () => {
      cancel();
      return () => new Promise(() => undefined);
    },
    isConnectionUnusable: () => true,
  });
}

it("returns its own rows for each statement", async () => {
  for (const round of [1, 2]) {
    const results = await Promise.all(numbers(150).map((n) => echo(n * round)));
    expect(results.map(([value]) => Number(value))).toEqual(numbers(150).map((n) => n * round));
  }
});

it("sends statements of the same moment in batches, a limited number at a time", async () => {
  const batches: number[] = [];
  let running = 0;
  let maxRunning = 0;
  const batcher = batcherOver(async (statements, onResult) => {
    batches.push(statements.length);
    running += 1;
    maxRunning = Math.max(maxRunning, running);
    await setTimeout(5);
    for (const { values } of statements) onResult(rowsOf(values[0]));
    running -= 1;
  });
  const queries = numbers(40).map((n) => batcher.query({ text: "echo", values: [n] }));
  const results = await Promise.all(queries);
  expect(results.map(valuesOf)).toEqual(numbers(40).map((n) => [[String(n)]]));
  expect([batches, maxRunning]).toEqual([[16, 16, 8], 2]);
});

it("rejects a statement that fails, with its reason, and none of the others", async () => {
  const queries = numbers(40).map((n) => query("select 100 / ($1::int - 20)", [n], "divide"));
  const results = await Promise.allSettled(queries);
  expect(results[20]).toMatchObject({ status: "rejected", reason: { code: "bad-value" } });
  for (const n of numbers(40)) {
    if (n === 20) continue;
    const value = [String(Math.trunc(100 / (n - 20)))];
    expect(results[n]).toEqual({ status: "fulfilled", value });
  }
});

it("reports why a statement is invalid to every caller, and runs it once it is valid", async () => {
  const text = "select $1::int + n from made_later";
  const queries = numbers(20).map((n) => query(text, [n], "later"));
  for (const result of await Promise.allSettled(queries)) {
    expect(result).toMatchObject({ status: "rejected", reason: { code: "table-changed" } });
  }
  await observer.query("create table made_later as select 5 as n");
  const sums = await Promise.all(numbers(20).map((n) => query(text, [n], "later")));
  expect(sums).toEqual(numbers(20).map((n) => [String(n + 5)]));
});

it("does not delay others by a statement that takes long, which then runs alone", async () => {
  const ended: number[] = [];
  const echoAndRecord = async (value: number) => {
    const result = await echo(value);
    ended.push(value);
    return result;
  };
  const slow = "select $1::int, pg_backend_pid() from (select pg_sleep($2::float8) offset 0) s";
  const slowQuery = query(slow, [0, 2], "slow").then((result) => {
    ended.push(0);
    return result;
  });
  const others = numbers(15).map((n) => echoAndRecord(n + 1));
  await Promise.all(others);
  expect(ended).not.toContain(0);
  expect((await slowQuery)[0]).toBe("0");
  // The first attempt was cancelled: only the second one ran to its end.
  const running = "select 1 from pg_stat_activity where state = 'active' and query like $1";
  await eventually("no attempt runs", async () => {
    const { rowCount } = await observer.query(running, [`${slow}%`]);
    return rowCount === 0;
  });
  const [again, ...quick] = await Promise.all([
    query(slow, [7, 0.2], "slow"),
    ...numbers(10).map((n) => echo(n)),
  ]);
  expect(again?.[0]).toBe("7");
  expect(quick.map(([value]) => Number(value))).toEqual(numbers(10));
  expect(quick.map(([, backend]) => backend)).not.toContain(again?.[1]);
});

it("returns all results when the connection of a batch is lost", async () => {
  const queries = numbers(40).map((n) => echo(n, 0.02));
  await eventually("some batches run", async () => {
    const { rowCount } = await observer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'honua-pg-raw-test' and state = 'active' and datname = current_database()`,
    );
    return rowCount !== 0;
  });
  const results = await Promise.all(queries);
  expect(results.map(([value]) => Number(value))).toEqual(numbers(40));
});

it("rejects statements beyond the queue limit, and continues", async () => {
  const results = await Promise.allSettled(numbers(400).map((n) => echo(n)));
  const rejected = results.filter(({ status }) => status === "rejected");
  expect(rejected.length).toBeGreaterThan(0);
  for (const result of rejected) {
    expect(result).toMatchObject({ reason: { code: "database-busy" } });
  }
  for (const [n, result] of results.entries()) {
    if (result.status === "fulfilled") expect(result.value[0]).toBe(String(n));
  }
  expect((await echo(1))[0]).toBe("1");
});

it("uses other connections while one does not respond", async () => {
  const sent: string[] = [];
  let cancelled = 0;
  const batcher = batcherOver(
    async (statements, onResult) => {
      sent.push(...statements.map(({ text }) => text));
      if (statements.some(({ text }) => text.endsWith("lost"))) return new Promise(() => undefined);
      for (const { values } of statements) onResult(rowsOf(values[0]));
    },
    () => {
      cancelled += 1;
    },
  );
  // As many as may run at the same time.
  for (const name of ["lost", "also lost"]) {
    const lost = batcher.query({ text: name, values: [] });
    const queued = batcher.query({ text: "echo", values: [1] });
    expect([await lost, await queued]).toEqual([undefined, undefined]);
  }
  expect(valuesOf(await batcher.query({ text: "echo", values: [2] }))).toEqual([["2"]]);
  expect(cancelled).toBe(2);
  // From now on, the stalled statement runs alone.
  expect(await batcher.query({ text: "lost", values: [] })).toBeUndefined();
  expect(sent).toEqual(["lost", "echo", "also lost", "echo", "echo"]);
});

it("excludes a statement that took long from batches for a while", async () => {
  let batches = 0;
  const batcher = batcherOver(async (_statements, onResult) => {
    batches += 1;
    await setTimeout(70);
    onResult(rowsOf(1));
  });
  const statement = { text: "long", values: [] };
  expect(valuesOf(await batcher.query(statement))).toEqual([["1"]]);
  expect(await batcher.query(statement)).toBeUndefined();
  expect(batches).toBe(1);
});

it("waits for a connection while long statements use all of them", async () => {
  const long = numbers(8).map(() =>
    database.query({ text: "select pg_sleep(0.5)", values: [] }).then(() => "long"),
  );
  const short = echo(1).then(([value]) => value);
  expect(await Promise.race([...long, short])).toBe("long");
  expect(await short).toBe("1");
  await Promise.all(long);
});
