import { get as httpGet, type IncomingMessage } from "node:http";
import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { layerOf, propertyOf, releaseOf } from "../../services/gis-gateway/test/support/release.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";

/** Addresses that a trusted proxy reports. */
const [GREEDY, OTHER] = ["198.51.100.1", "203.0.113.7"] as const;

let database: TestDatabase;
let observer: pg.Client;
let gateway: GatewayProcess;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table points (id int primary key, name text, filling text, geom geometry(Point, 4326) not null);
     insert into points select n, 'Point ' || n, repeat('x', 900), st_setsrid(st_point(n % 180, n % 90), 4326)
       from generate_series(1, 60000) n;
     create view slow as select p.id, p.geom from points p, lateral (select pg_sleep(12 + p.id * 0)) s;`,
  );
  observer = new pg.Client(database.url);
  await observer.connect();
  const release = releaseOf([
    layerOf("points", {
      maxLimit: 60_000,
      properties: [propertyOf("name", "string"), propertyOf("filling", "string")],
    }),
    layerOf("slow", { idColumn: "id", extent: [0, 0, 1, 1] }),
  ]);
  gateway = await startGatewayProcess(release, {
    GIS: database.url,
    GitOps__TrustedProxies: "127.0.0.1",
    GitOps__StallTimeoutSeconds: "2",
    GitOps__ClientBudgets__RequestsInFlight: "30",
    GitOps__ClientBudgets__OpenCursors: "3",
    GitOps__ClientBudgets__RowsPerSecond: "1000",
    GitOps__ClientBudgets__RowsBurst: "30000",
  });
}, 120_000);
afterAll(async () => {
  await gateway?.stop();
  await observer?.end();
  await database?.drop();
});
afterEach(() => expect(gateway.isRunning()).toBe(true));

const get = (path: string, client: string, signal?: AbortSignal) =>
  fetch(`${gateway.url}/ogc/collections/${path}`, {
    headers: { "X-Forwarded-For": client },
    ...(signal ? { signal } : {}),
  });

/** A response that the client does not read. */
function unread(path: string, client: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { "X-Forwarded-For": client };
    const url = `${gateway.url}/ogc/collections/${path}`;
    httpGet(url, { agent: false, headers }, resolve).on("error", reject);
  });
}

async function count(condition: string): Promise<number> {
  const { rowCount } = await observer.query(
    `select 1 from pg_stat_activity where application_name = 'honua-gis-gateway'
     and datname = current_database() and ${condition}`,
  );
  return rowCount ?? 0;
}

it("serves other clients while one client runs as many long statements as there are connections", async () => {
  const leaving = new AbortController();
  const long = Array.from({ length: 10 }, (_, index) =>
    get(`slow/items?limit=${index + 200}`, GREEDY, leaving.signal).then(
      async (response) => ({
        status: response.status,
        code: ((await response.json()) as { code?: string }).code,
      }),
      () => undefined,
    ),
  );
  await eventually(
    "all connections are held",
    async () => (await count(`query like '%"slow"%' and state = 'active'`)) === 10,
  );
  const other = await get("points/items?limit=200", OTHER);
  expect(other.status).toBe(200);
  expect(await Promise.race(long)).toEqual({ status: 429, code: "too-many-long-statements" });
  leaving.abort();
  await Promise.all(long);
});

it("disconnects clients that stop reading, and limits the cursors of one client", async () => {
  const slow = await Promise.all(
    Array.from({ length: 3 }, () => unread("points/items?limit=60000", "192.0.2.1")),
  );
  for (const response of slow) response.on("error", () => undefined);
  const refused = await get("points/items?limit=60000", "192.0.2.1");
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: "client-budget-exceeded" });
  const other = await get("points/items?limit=60000", "192.0.2.2");
  expect(other.status).toBe(200);
  await other.body?.cancel();
  await eventually(
    "their cursors are closed",
    async () => (await count("xact_start is not null")) === 0,
  );
  for (const response of slow) response.destroy();
});

it("refuses the requests of a client beyond those in flight, but not those of others", async () => {
  const leaving = new AbortController();
  const answers = Array.from({ length: 40 }, () =>
    get("slow/items/1", "192.0.2.3", leaving.signal).then(
      ({ status }) => status,
      () => undefined,
    ),
  );
  expect(await Promise.race(answers)).toBe(429);
  expect((await get("points/items?limit=1", "192.0.2.4")).status).toBe(200);
  leaving.abort();
  await Promise.all(answers);
  expect(gateway.log()).toContain("A client exceeded its budget");
});

it("refuses a client that has read more features than its budget, until it has waited", async () => {
  const ask = () => get("points/items?limit=10000&properties=name", "192.0.2.5");
  let response = await ask();
  for (let page = 0; page < 10 && response.status === 200; page += 1) {
    await response.arrayBuffer();
    response = await ask();
  }
  expect(response.status).toBe(429);
  const { detail } = (await response.json()) as { detail: string };
  expect(detail).toBe("One client may use 1000 features per second. Send the request again later.");
  expect((await get("points/items?limit=1", "192.0.2.6")).status).toBe(200);
  await eventually(
    "the debt is paid",
    async () => (await get("points/items?limit=1", "192.0.2.5")).status === 200,
  );
});
