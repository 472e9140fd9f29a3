import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Connections, createConnections } from "../../src/pool/connection-pool.ts";
import { silent } from "../support/raw-database.ts";

let created: TestDatabase;
let observer: pg.Client;
let connections: Connections;

beforeAll(async () => {
  created = await createDatabase();
  observer = new pg.Client(created.url);
  await observer.connect();
});
afterEach(() => connections.close());
afterAll(async () => {
  await observer?.end();
  await created?.drop();
});

function open({ max = 1, waitMs = 10_000 } = {}): Connections {
  const configuration = { connectionString: created.url };
  connections = createConnections({
    configuration,
    max,
    waitMs,
    idleTimeoutMs: 10_000,
    log: silent,
  });
  return connections;
}

async function backendOf(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

it("hands a connection from one to the next, in the order in which they came", async () => {
  const { take, giveBack } = open();
  const first = await take();
  const order: string[] = [];
  const second = Promise.resolve(take()).then((client) => {
    order.push("second");
    return client;
  });
  const third = Promise.resolve(take()).then((client) => {
    order.push("third");
    return client;
  });
  giveBack(first, false);
  expect(await second).toBe(first);
  giveBack(await second, false);
  expect(await third).toBe(first);
  expect(order).toEqual(["second", "third"]);
  giveBack(await third, false);
  expect(await take()).toBe(first);
  giveBack(first, false);
});

it("opens no more than it may, and another for one that is broken", async () => {
  const { take, giveBack } = open({ max: 2 });
  const both = [await take(), await take()] as const;
  const waiting = Promise.resolve(take());
  giveBack(both[0], true);
  const fresh = await waiting;
  expect(both).not.toContain(fresh);
  expect(await backendOf(fresh)).toBeGreaterThan(0);
  giveBack(both[1], false);
  giveBack(fresh, false);
});

it("forgets a connection that ends while nobody uses it", async () => {
  const { take, giveBack } = open();
  const client = await take();
  const pid = await backendOf(client);
  giveBack(client, false);
  await observer.query("select pg_terminate_backend($1)", [pid]);
  await eventually("it is another one", async () => {
    const next = await take();
    const works = await backendOf(next).catch(() => pid);
    giveBack(next, works === pid);
    return works !== pid;
  });
});

it("turns away who waits too long", async () => {
  const { take, giveBack } = open({ waitMs: 50 });
  const client = await take();
  giveBack(client, false);
  await take();
  await expect(Promise.resolve(take())).rejects.toMatchObject({ code: "database-busy" });
  giveBack(client, false);
});
