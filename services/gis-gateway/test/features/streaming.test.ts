import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { get as httpGet, type IncomingMessage } from "node:http";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createReleaseCopy } from "../../src/lifecycle/release-copy.ts";
import { type Json, serveRelease, silent, temporaryDirectory } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

/** About a hundred megabytes of GeoJSON. */
const FEATURES = 100_000;
const ALLOWED_MB = 64;
const ITEMS = "/ogc/collections/many/items";

let database: TestDatabase;
let observer: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table many (id int primary key, name text, filling text, geom geometry(Point, 4326) not null);
     insert into many select n, 'Feature ' || n, repeat('x', 900), st_setsrid(st_point(n % 180, n % 90), 4326)
       from generate_series(1, ${FEATURES}) n;
     analyze many`,
  );
  observer = new pg.Client(database.url);
  await observer.connect();
}, 60_000);
afterAll(async () => {
  await observer?.end();
  await database?.drop();
});

const release = (pool = 4) =>
  releaseOf(
    [
      layerOf("many", {
        maxLimit: FEATURES,
        properties: [propertyOf("name", "string"), propertyOf("filling", "string")],
      }),
    ],
    {
      datasources: [
        {
          id: "main",
          pointer: "/datasources/0",
          type: "PostgreSQL",
          connectionString: "${GIS}",
          readOnly: true,
          pool: { max: pool },
        },
      ],
    },
  );

/** Number of the gateway's connections in a transaction. */
async function cursors(): Promise<number> {
  const { rows } = await observer.query(
    `select 1 from pg_stat_activity where application_name = 'honua-gis-gateway'
     and datname = current_database() and xact_start is not null`,
  );
  return rows.length;
}

/** A request whose response is not read. */
function unread(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent: false }, resolve);
    request.on("error", reject);
  });
}

/** Resident memory of a process in MB: current or peak. */
async function memory(pid: number, what: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
}

it("a long page has each feature once and a next link at its end", async () => {
  const gateway = await serveRelease(release(), { GIS: database.url });
  const { body, headers } = await gateway.json(`${ITEMS}?limit=60000`);
  expect(headers.get("content-type")).toBe("application/geo+json");
  expect(body.features).toHaveLength(60_000);
  expect(body.numberReturned).toBe(60_000);
  const next = body.links.find(({ rel }: Json) => rel === "next").href;
  const { body: rest } = await gateway.json(next);
  expect(rest.features).toHaveLength(40_000);
  expect(rest.features[0].id).toBe(60_001);
  expect(rest.links.some(({ rel }: Json) => rel === "next")).toBe(false);
  expect(new Set([...body.features, ...rest.features].map(({ id }: Json) => id)).size).toBe(
    FEATURES,
  );

  const csv = await gateway.get(`${ITEMS}?limit=60000&f=csv&properties=name`);
  expect(csv.headers.get("link")).toContain('rel="next"');
  expect((await csv.text()).split("\r\n")).toHaveLength(60_002);
  const small = await gateway.get(`${ITEMS}?limit=5000&ids=1,2,3`);
  expect(small.headers.get("etag")).not.toBeNull();
  expect(((await small.json()) as Json).numberMatched).toBe(3);
  await gateway.stop();
}, 60_000);

it("a client disconnect ends the query; a slow client occupies only its cursor", async () => {
  const gateway = await serveRelease(release(), { GIS: database.url });
  const url = `${gateway.url}${ITEMS}?limit=${FEATURES}`;
  const [first, second] = await Promise.all([unread(url), unread(url)]);
  await eventually("both have a cursor", async () => (await cursors()) === 2);

  const refused = await gateway.get(`${ITEMS}?limit=${FEATURES}`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).not.toBeNull();
  expect(await refused.json()).toMatchObject({ code: "database-busy" });
  expect((await gateway.get(`${ITEMS}?limit=10`)).status).toBe(200);

  first.destroy();
  await eventually("its cursor is closed", async () => (await cursors()) === 1);
  second.destroy();
  await eventually("all are closed", async () => (await cursors()) === 0);
  const again = await gateway.get(`${ITEMS}?limit=${FEATURES}`);
  expect(again.status).toBe(200);
  await again.body?.cancel();
  await gateway.stop();
}, 60_000);

it("returns 503 above the limit of concurrent long responses in any format", async () => {
  const gateway = await serveRelease(
    release(10),
    { GIS: database.url },
    { limits: { streams: 1 } },
  );
  const first = await unread(`${gateway.url}${ITEMS}?limit=${FEATURES}`);
  for (const format of ["json", "csv", "geojsonseq", "jsonfg"]) {
    const refused = await gateway.get(`${ITEMS}?limit=${FEATURES}&f=${format}`);
    expect([format, refused.status]).toEqual([format, 503]);
    expect(refused.headers.get("retry-after")).not.toBeNull();
    expect(await refused.json()).toMatchObject({ code: "too-many-streams" });
  }
  expect((await gateway.get(`${ITEMS}?limit=10`)).status).toBe(200);
  first.destroy();
  await eventually("its place is free", async () => {
    const answer = await gateway.get(`${ITEMS}?limit=${FEATURES}`);
    await answer.body?.cancel();
    return answer.status === 200;
  });
  await gateway.stop();
}, 60_000);

it("cuts off a response that is not read after the response timeout", async () => {
  const gateway = await serveRelease(
    release(),
    { GIS: database.url },
    { limits: { responseTimeoutSeconds: 1 } },
  );
  const answer = await unread(`${gateway.url}${ITEMS}?limit=${FEATURES}`);
  answer.on("error", () => undefined);
  await eventually("its cursor is closed", async () => (await cursors()) === 0);
  answer.destroy();
  await gateway.stop();
}, 60_000);

it(`${FEATURES} features need less than ${ALLOWED_MB} MB, whether the client reads or not`, async () => {
  const home = await temporaryDirectory();
  const port = await freePort();
  await createReleaseCopy(`${home.path}/gateway/test`, "test", silent).save(release());
  const gateway: ChildProcess = spawn(
    process.execPath,
    [new URL("../../src/main.ts", import.meta.url).pathname],
    {
      stdio: "ignore",
      env: {
        ...process.env,
        // Measure the memory of the stream, not the young garbage that V8 has not collected yet.
        NODE_OPTIONS: "--max-semi-space-size=8",
        HONUA_HOME: home.path,
        PORT: String(port),
        // The default port may be in use by another gateway on this machine.
        OPERATIONS_PORT: "0",
        HOST: "127.0.0.1",
        NATS_URL: "nats://127.0.0.1:1",
        GitOps__Watcher__Environment: "test",
        GIS: database.url,
      },
    },
  );
  try {
    const pid = gateway.pid ?? 0;
    const url = `http://127.0.0.1:${port}${ITEMS}`;
    const read = async (limit: number): Promise<number> => {
      const response = await fetch(`${url}?limit=${limit}`);
      let bytes = 0;
      for await (const chunk of response.body ?? []) bytes += (chunk as Uint8Array).length;
      return bytes;
    };
    await eventually(
      "it serves",
      async () => {
        const answer = await fetch(`${url}?limit=1`).catch(() => undefined);
        return answer?.status === 200;
      },
      60_000,
    );
    // Exclude the memory for the code of the process, and the young generation of its heap under any
    // traffic.
    for (let page = 0; page < 400; page += 1) await read(100);
    const before = await memory(pid, "VmHWM");

    const slow = await unread(`${url}?limit=${FEATURES}`);
    await eventually("the slow one has a cursor", async () => (await cursors()) >= 1);
    expect(await read(FEATURES)).toBeGreaterThan(90_000_000);
    const grown = (await memory(pid, "VmHWM")) - before;
    slow.destroy();
    expect(grown).toBeLessThan(ALLOWED_MB);
  } finally {
    gateway.kill("SIGKILL");
    if (gateway.exitCode === null && gateway.signalCode === null) await once(gateway, "exit");
    await home.remove();
  }
}, 180_000);
