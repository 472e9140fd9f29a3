import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../../../test/harness/postgres.ts";
import { parseConnectionString } from "../../src/connection/connection-string.ts";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { silent } from "../support/gateway.ts";

let created: TestDatabase;
let database: Database;
let network: { server: Server; cut: () => void };

beforeAll(async () => {
  created = await createDatabase();
  const target = new URL(created.url);
  network = await startNetwork(Number(target.port));
  target.port = String((network.server.address() as { port: number }).port);
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
  network?.cut();
  network?.server.close();
  await created?.drop();
});

it("does not wait on connections that a cut of the network left behind", async () => {
  const one = { text: "select pg_sleep(0.1)", values: [] };
  await Promise.all(Array.from({ length: 5 }, () => database.query(one)));
  network.cut();
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  // Without a look at each connection, this lasts for the statement timeout and more.
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => database.query({ text: "select 1 as one", values: [] })),
  );
  expect(answers).toEqual(Array(8).fill([{ one: 1 }]));
}, 20_000);

/** A network in between: after a cut, what was connected hears nothing any more, not even an end. */
async function startNetwork(port: number): Promise<typeof network> {
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far);
    far.pipe(near);
    pairs.push([near, far]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server,
    cut() {
      for (const [near, far] of pairs.splice(0)) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.destroy();
      }
    },
  };
}
