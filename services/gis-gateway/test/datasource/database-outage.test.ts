import { eventually } from "@honua/testing/eventually";
import {
  administer,
  type PostgresCluster,
  startPostgresCluster,
} from "@honua/testing/postgres-cluster";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const ITEMS = "/ogc/collections/cities/items?limit=3";
const release = releaseOf([layerOf("cities", { properties: [propertyOf("name", "string")] })]);

let cluster: PostgresCluster;
let gateway: TestGateway | undefined;

beforeAll(async () => {
  cluster = await startPostgresCluster();
  await administer(
    cluster.url,
    `create extension postgis;
     create table cities (id int primary key, name text, geom geometry(Point, 4326));
     insert into cities select n, 'City ' || n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 9) n`,
  );
  // The tests kill the cluster, which does not write commits to disk immediately.
  await administer(cluster.url, "checkpoint");
});
// Each test starts with a running database, even if the test before it failed while it was killed.
beforeEach(() => cluster.restart());
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});
afterAll(() => cluster?.stop());

async function startGateway(): Promise<TestGateway> {
  gateway = await serveRelease(release, { GIS: cluster.url });
  return gateway;
}

it("responds with 503 while the database is unreachable, and recovers", async () => {
  const { get } = await startGateway();
  expect((await get(ITEMS)).status).toBe(200);
  await cluster.kill();
  const started = performance.now();
  const response = await get(ITEMS);
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).not.toBeNull();
  expect(await response.json()).toMatchObject({ code: "database-unreachable" });
  expect(performance.now() - started).toBeLessThan(5_000);
  expect((await get("/ogc/collections/cities")).status).toBe(200);
  await eventually(
    "the gateway is not ready",
    async () => (await get("/health/ready")).status === 503,
  );

  await cluster.restart();
  expect((await get(ITEMS)).status).toBe(200);
  await eventually("the gateway is ready", async () => (await get("/health/ready")).status === 200);
});

it("survives a restart of the database without a failed request", async () => {
  const { get } = await startGateway();
  await Promise.all(Array.from({ length: 10 }, () => get(ITEMS)));
  await cluster.restart();
  const responses = await Promise.all(Array.from({ length: 10 }, () => get(ITEMS)));
  expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
});

it("reports the address of the database to operators only", async () => {
  await cluster.kill();
  const { get, operations } = await startGateway();
  const { host, pathname } = new URL(cluster.url);
  const place = `${host}${pathname}`;
  for (const path of [
    "/health/ready",
    "/health/gitops",
    ITEMS,
    `${ITEMS}&f=html`,
    `${ITEMS}&f=csv`,
    "/ogc/collections/cities",
    "/ogc/collections/cities?f=html",
    "/ogc/collections/cities/items/1",
    "/ogc/collections/cities/queryables",
    "/ogc/collections/cities/tiles/WebMercatorQuad/0/0/0",
  ]) {
    const text = await (await get(path)).text();
    expect(text, path).not.toContain(host);
    expect(text, path).not.toMatch(/cannot connect|ECONNREFUSED/);
  }
  const ready = await operations.get("/health/ready");
  expect(await ready.text()).toContain(`Cannot connect to ${place}`);
});

it("starts while the database is unreachable, and serves features when it returns", async () => {
  await cluster.kill();
  const { get, operations } = await startGateway();
  expect((await get("/health/live")).status).toBe(200);
  expect((await get("/ogc/collections/cities")).status).toBe(200);
  const response = await get(ITEMS);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "collection-unavailable" });
  const { checks } = (await operations.json("/health/ready")).body;
  expect(checks.database?.reason).toMatch(/^datasource "main": Cannot connect to /);
  await cluster.restart();
  await eventually("the collection is available", async () => (await get(ITEMS)).status === 200);
});
