import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ConnectionPool } from "../../src/pool/connection-pool.ts";
import { silent } from "../support/raw-database.ts";

let created: TestDatabase;
let observer: pg.Client;
let pool: ConnectionPool;

beforeAll(async () => {
  created = await createDatabase();
  observer = new pg.Client(created.url);
  await observer.connect();
});
afterEach(() => pool.close());
afterAll(async () => {
  await observer?.end();
  await created?.drop();
});

function openPool({ maxConnections = 1, waitMs = 10_000 } = {}): ConnectionPool {
  pool = new ConnectionPool({
    configuration: { connectionString: created.url },
    maxConnections,
    waitMs,
    idleTimeoutMs: 10_000,
    log: silent,
  });
  return pool;
}

async function backendOf(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}

it("passes a released connection to the next waiter, in order of arrival", async () => {
  openPool();
  const first = await pool.acquire();
  const order: string[] = [];
  const second = Promise.resolve(pool.acquire()).then((client) => {
    order.push("second");
    return client;
  });
  const third = Promise.resolve(pool.acquire()).then((client) => {
    order.push("third");
    return client;
  });
  pool.release(first, false);
  expect(await second).toBe(first);
  pool.release(await second, false);
  expect(await third).toBe(first);
  expect(order).toEqual(["second", "third"]);
  pool.release(await third, false);
  expect(await pool.acquire()).toBe(first);
  pool.release(first, false);
});

it("opens no more than the maximum, and replaces a broken connection", async () => {
  openPool({ maxConnections: 2 });
  const both = [await pool.acquire(), await pool.acquire()] as const;
  const waiting = Promise.resolve(pool.acquire());
  pool.release(both[0], true);
  const fresh = await waiting;
  expect(both).not.toContain(fresh);
  expect(await backendOf(fresh)).toBeGreaterThan(0);
  pool.release(both[1], false);
  pool.release(fresh, false);
});

it("discards a connection that ends while it is idle", async () => {
  openPool();
  const client = await pool.acquire();
  const pid = await backendOf(client);
  pool.release(client, false);
  await observer.query("select pg_terminate_backend($1)", [pid]);
  await eventually("another connection is acquired", async () => {
    const next = await pool.acquire();
    const backend = await backendOf(next).catch(() => pid);
    pool.release(next, backend === pid);
    return backend !== pid;
  });
});

it("rejects a request that waits too long", async () => {
  openPool({ waitMs: 50 });
  const client = await pool.acquire();
  pool.release(client, false);
  await pool.acquire();
  await expect(Promise.resolve(pool.acquire())).rejects.toMatchObject({ code: "database-busy" });
  pool.release(client, false);
});
