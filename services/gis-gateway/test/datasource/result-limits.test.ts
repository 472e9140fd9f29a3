import { BufferPool } from "@honua/pg-raw";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { parseConnectionString } from "../../src/datasource/connection-string.ts";
import { type Database, openDatabase } from "../../src/datasource/open-database.ts";
import { silent } from "../support/gateway.ts";

const MB = 1024 * 1024;
/** Limit in bytes of a result, and of a row of a cursor. */
const LIMIT = 8 * MB;

let created: TestDatabase;
let database: Database;

function openTestDatabase(options: { maxResultBytes?: number; bufferPool?: BufferPool }) {
  return openDatabase(
    {
      target: parseConnectionString(created.url),
      readOnly: true,
      // One connection, so that each query uses the state that the previous one left.
      maxConnections: 1,
      idleTimeoutSeconds: 10,
      connectTimeoutSeconds: 5,
      statementTimeoutSeconds: 20,
    },
    silent,
    options,
  );
}

beforeAll(async () => {
  created = await createDatabase();
  database = await openTestDatabase({ maxResultBytes: LIMIT });
});
afterAll(async () => {
  await database?.close();
  await created?.drop();
});

const stillWorks = async () => {
  expect(await database.query({ text: "select 1 as one", values: [] })).toEqual([{ one: 1 }]);
};
const clientAbort = { signal: new AbortController().signal };

it("rejects a value over the limit before it is stored, and continues", async () => {
  const text = "select repeat('x', 300000000)";
  const before = process.memoryUsage().arrayBuffers;
  await expect(database.queryBytes({ text, values: [] })).rejects.toMatchObject({
    kind: "permanent",
    code: "result-too-large",
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(LIMIT);
  await stillWorks();
});

it("rejects rows that have more than the limit together", async () => {
  const text = `select repeat('x', ${MB}) from generate_series(1, 9)`;
  const refused = database.queryBytes({ text, values: [] });
  await expect(refused).rejects.toMatchObject({ code: "result-too-large" });
  await stillWorks();
});

it("rejects a result beyond the limit of its statement", async () => {
  const text = "select repeat('x', 2000)";
  const refused = database.queryBytes({ text, values: [], maxBytes: 1_000 });
  await expect(refused).rejects.toMatchObject({ code: "result-too-large" });
  const accepted = await database.queryBytes({ text, values: [], maxBytes: 3_000 });
  expect(accepted.value).toHaveLength(1);
});

it("rejects a value that the driver could not decode to a string", async () => {
  const text = "select decode(repeat('00', 40000000), 'hex') as file";
  const refused = database.query({ text, values: [] });
  await expect(refused).rejects.toMatchObject({ code: "result-too-large" });
  await stillWorks();
});

it("rejects a value that PostgreSQL itself cannot make", async () => {
  for (const text of [
    "select repeat(repeat('x', 600000000), 2)",
    "select string_agg(repeat('x', 100000000), ',') from generate_series(1, 11)",
  ]) {
    const refused = database.queryBytes({ text, values: [] });
    await expect(refused, text).rejects.toMatchObject({ code: "result-too-large" });
  }
  await stillWorks();
});

it("rejects a short statement that is too large for a batch, but not those sent with it", async () => {
  const ask = (text: string) => database.queryBytes({ text, values: [], isShort: true });
  const answers = await Promise.allSettled([
    ask("select 1"),
    ask("select repeat('x', 40000000)"),
    ask("select 2"),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  await stillWorks();
});

it("rejects a query when a value cannot be sent, and does not wait for its response", async () => {
  const hostile = {
    toPostgres() {
      throw new Error("no such value");
    },
  };
  const refused = database.queryBytes({ text: "select $1::text", values: [hostile] });
  await expect(refused).rejects.toMatchObject({ code: "database-unreachable" });
  await stillWorks();
});

it("reads every row of a cursor once, although a fetch has more bytes than it may", async () => {
  const text = `select n, repeat('x', case when n between 20 and 60 then ${MB} else 10 end)
    from generate_series(1, 100) n`;
  const cursor = await database.openCursor({ text, values: [] }, clientAbort);
  const seen: number[] = [];
  for (let isEnd = false; !isEnd; ) {
    const fetched = await cursor.fetch(80);
    const { value: rows } = fetched.rows;
    const bytes = rows.reduce((sum, [, long]) => sum + (long?.length ?? 0), 0);
    expect(bytes).toBeLessThan(33 * MB);
    seen.push(...rows.map(([n]) => Number(String(n))));
    fetched.rows.release();
    isEnd = fetched.isEnd;
  }
  await cursor.close();
  expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  await stillWorks();
});

it("rejects a row of a cursor beyond the limit, after the rows before it", async () => {
  const text = `select repeat('x', case n when 5 then ${LIMIT + 1} else 1 end) from generate_series(1, 9) n`;
  const cursor = await database.openCursor({ text, values: [] }, clientAbort);
  expect((await cursor.fetch(4)).rows.value).toHaveLength(4);
  await expect(cursor.fetch(4)).rejects.toMatchObject({ code: "result-too-large" });
  await cursor.close();
  await stillWorks();
});

it("rejects a query whose rows cannot be received, and discards its connection", async () => {
  const bufferPool = new BufferPool();
  const failing = await openTestDatabase({ bufferPool });
  const cursor = await failing.openCursor({ text: "select 1", values: [] }, clientAbort);
  const [connection] = await cursor.query({ text: "select pg_backend_pid()", values: [] });
  vi.spyOn(bufferPool, "acquire").mockImplementation(() => {
    throw new Error("no memory");
  });
  await expect(cursor.fetch(1)).rejects.toMatchObject({ code: "database-unreachable" });
  await cursor.close();
  const [next] = await failing.query({ text: "select pg_backend_pid()", values: [] });
  expect(next).not.toEqual(connection);
  await failing.close();
});
