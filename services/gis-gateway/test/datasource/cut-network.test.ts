import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { startTcpProxy, type TcpProxy } from "@honua/testing/tcp-proxy";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseConnectionString } from "../../src/datasource/connection-string.ts";
import { type Database, openDatabase } from "../../src/datasource/open-database.ts";
import { silent } from "../support/gateway.ts";

let created: TestDatabase;
let database: Database;
let network: TcpProxy;

beforeAll(async () => {
  created = await createDatabase();
  const target = new URL(created.url);
  network = await startTcpProxy(created.url);
  target.port = String(network.port);
  database = await openDatabase(
    {
      target: parseConnectionString(target.href),
      readOnly: true,
      maxConnections: 5,
      idleTimeoutSeconds: 60,
      connectTimeoutSeconds: 5,
      statementTimeoutSeconds: 30,
    },
    silent,
  );
});
afterAll(async () => {
  await database?.close();
  await network?.cut();
  await created?.drop();
});

it("does not wait for connections that a network failure left behind", async () => {
  const one = { text: "select pg_sleep(0.1)", values: [] };
  await Promise.all(Array.from({ length: 5 }, () => database.query(one)));
  network.silence();
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  // Without a check of each connection, this takes longer than the statement timeout.
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => database.query({ text: "select 1 as one", values: [] })),
  );
  expect(answers).toEqual(Array(8).fill([{ one: 1 }]));
}, 20_000);
