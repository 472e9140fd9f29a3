import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { eventually } from "@honua/testing/eventually";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const ENTRY = fileURLToPath(
  new URL("../../../src/stack/database/pglite-server.ts", import.meta.url),
);

let home: string;
const servers: ChildProcessByStdio<Writable, Readable, null>[] = [];
const clients: pg.Client[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "honua-pglite-"));
});

afterEach(async () => {
  await Promise.allSettled(clients.splice(0).map((client) => client.end()));
  for (const server of servers.splice(0)) server.kill("SIGKILL");
});

afterAll(() => rm(home, { recursive: true, force: true }));

/** All tests except the one with PostGIS share a data directory, because creating one is slow. */
async function startServer(data = "state", ...flags: string[]) {
  const args = [ENTRY, "--data", join(home, data), "--port", "0", ...flags];
  const server = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  servers.push(server);
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const { ready, port } = JSON.parse(line.toString()) as { ready: boolean; port: number };
  expect(ready).toBe(true);
  return { server, connect: () => connect(port) };
}

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  client.on("error", () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

test("SIGKILL preserves committed data and discards an open transaction", async () => {
  const { server, connect } = await startServer();
  const client = await connect();
  await client.query("create table kept (value text)");
  await client.query("insert into kept values ('committed')");
  await client.query("begin");
  await client.query("insert into kept values ('open')");
  server.kill("SIGKILL");
  await once(server, "exit");

  const restarted = await startServer();
  const { rows } = await (await restarted.connect()).query("select value from kept");
  expect(rows).toEqual([{ value: "committed" }]);
}, 120_000);

test.each(["SIGTERM", "SIGINT", "end of input"] as const)("%s stops it cleanly", async (way) => {
  const { server, connect } = await startServer();
  await connect();
  const requestedAt = performance.now();
  if (way === "end of input") server.stdin.end();
  else server.kill(way);
  expect(await once(server, "exit")).toEqual([0, null]);
  expect(performance.now() - requestedAt).toBeLessThan(3_000);
});

test("concurrent transactions do not lose updates", async () => {
  const { connect } = await startServer();
  const several = await Promise.all([connect(), connect(), connect()]);
  const [first] = several;
  await first?.query("create table counter as select 0 as value");
  await Promise.all(
    several.map(async (client) => {
      for (let turn = 0; turn < 20; turn++) {
        await client.query("begin");
        const { rows } = await client.query("select value from counter where $1", [true]);
        await client.query("update counter set value = $1", [rows[0].value + 1]);
        await client.query("commit");
      }
    }),
  );
  expect((await first?.query("select value from counter"))?.rows).toEqual([{ value: 60 }]);
});

test("parameters larger than a TCP segment do not mix with another client's statement", async () => {
  const { connect } = await startServer();
  const [large, ...small] = await Promise.all([connect(), connect(), connect()]);
  const text = "x".repeat(400_000);
  const sendLarge = async () => {
    for (let turn = 0; turn < 50; turn++) {
      const { rows } = await (large as pg.Client).query("select length($1::text)", [text]);
      expect(rows).toEqual([{ length: 400_000 }]);
    }
  };
  const sendSmall = async (client: pg.Client) => {
    for (let turn = 0; turn < 150; turn++) {
      const { rows } = await client.query("select $1::int as turn", [turn]);
      expect(rows).toEqual([{ turn }]);
    }
  };
  await Promise.all([sendLarge(), ...small.map(sendSmall)]);
});

test("the error of a client does not affect another client", async () => {
  const { connect } = await startServer();
  const [failing, working] = await Promise.all([connect(), connect()]);
  const results = await Promise.allSettled([
    failing?.query("select * from nowhere where $1", [true]),
    working?.query("select $1::int as number", [42]),
  ]);
  expect(results[0]).toMatchObject({ status: "rejected", reason: { code: "42P01" } });
  expect(results[1]).toMatchObject({ status: "fulfilled", value: { rows: [{ number: 42 }] } });
});

test("a client that disconnects in a transaction does not block others", async () => {
  const { connect } = await startServer();
  const vanishing = await connect();
  const other = await connect();
  await vanishing.query("begin");
  await vanishing.query("create table never (value text)");
  const result = other.query("select to_regclass('never') as never");
  destroySocket(vanishing);
  expect((await result).rows).toEqual([{ never: null }]);
});

test("a client that disconnects in the middle of a query does not block others", async () => {
  const { connect } = await startServer();
  const [vanishing, other] = await Promise.all([connect(), connect()]);
  const interrupted = vanishing?.query("select length($1::text)", ["x".repeat(4_000_000)]);
  setImmediate(() => destroySocket(vanishing as pg.Client));
  await expect(interrupted).rejects.toThrow();
  expect((await other?.query("select $1::int as number", [42]))?.rows).toEqual([{ number: 42 }]);
});

test("the sample data is seeded before the server is ready", async () => {
  const { connect } = await startServer("gis", "--seed-places");
  const client = await connect();
  const counts = () => client.query("select count(*)::int from cities");
  const { rows } = await eventually("the cities", counts);
  expect(rows).toEqual([{ count: 135_233 }]);
  const { rows: valid } = await client.query(
    "select count(*)::int, bool_and(ST_IsValid(geom)) as valid from countries",
  );
  expect(valid).toEqual([{ count: 241, valid: true }]);
}, 90_000);

/** Closes the socket without a Terminate message, as a killed process does. */
function destroySocket(client: pg.Client): void {
  (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
}
