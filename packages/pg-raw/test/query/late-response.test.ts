import { Socket } from "node:net";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BufferPool } from "../../src/memory/buffer-pool.ts";
import { queryBatch } from "../../src/query/batch-query.ts";
import { queryBytes } from "../../src/query/raw-query.ts";
import { type LeasedRows, LimitedRowMemory } from "../../src/query/row-memory.ts";

const ERROR_RESPONSE = "E".charCodeAt(0);
const READY_FOR_QUERY = Buffer.from("Z\0\0\0\x05I", "latin1");
const LATE_MS = 50;

/** Delivers the ReadyForQuery of a failed statement some time after its error. */
class LateSocket extends Socket {
  #hasFailed = false;

  override emit(event: string, ...values: unknown[]): boolean {
    const [bytes] = values;
    if (event !== "data" || !Buffer.isBuffer(bytes)) return super.emit(event, ...values);
    this.#hasFailed ||= bytes[0] === ERROR_RESPONSE;
    const end = bytes.length - READY_FOR_QUERY.length;
    if (!this.#hasFailed || !bytes.subarray(end).equals(READY_FOR_QUERY)) {
      return super.emit(event, bytes);
    }
    this.#hasFailed = false;
    setTimeout(() => super.emit("data", READY_FOR_QUERY), LATE_MS);
    return end === 0 || super.emit("data", bytes.subarray(0, end));
  }
}

let database: TestDatabase;
let client: pg.PoolClient;

beforeAll(async () => {
  database = await createDatabase();
  const connected = new pg.Client({
    connectionString: database.url,
    stream: () => new LateSocket(),
  });
  await connected.connect();
  client = connected as unknown as pg.PoolClient;
});
afterAll(async () => {
  await (client as unknown as pg.Client)?.end();
  await database?.drop();
});

const one = { text: "select 1", values: [] };
const two = { text: "select 2", values: [] };
const memory = () => new LimitedRowMemory(new BufferPool(), 1_000_000);
const values = (rows: LeasedRows | undefined) => rows?.value.map((row) => row.map(String));

describe("a statement that is sent after an error, but before the ReadyForQuery that follows", () => {
  const fail = () => expect(client.query("select 1 / 0")).rejects.toThrow("division by zero");

  it("receives only its own rows in a batch", async () => {
    for (const statements of [[one], [one, two], [two, one, two]]) {
      await fail();
      const results: unknown[] = [];
      await queryBatch(client, statements, memory(), (rows) => results.push(values(rows)));
      expect(results).toEqual(statements.map(({ text }) => [[text.at(-1)]]));
    }
  });

  it("receives only its own rows without a batch", async () => {
    await fail();
    expect(values(await queryBytes(client, one, memory()))).toEqual([["1"]]);
  });
});
