import { eventually } from "@honua/testing/eventually";
import {
  administer,
  type PostgresCluster,
  startPostgresCluster,
} from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const ITEMS = "/ogc/collections/cities/items?limit=3";
const release = releaseOf([layerOf("cities", { properties: [propertyOf("name", "string")] })]);

let cluster: PostgresCluster;
let gateway: TestGateway;

beforeAll(async () => {
  cluster = await startPostgresCluster();
  await administer(
    cluster.url,
    `create extension postgis;
     create table cities (id int primary key, name text, geom geometry(Point, 4326));
     insert into cities select n, 'City ' || n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 9) n`,
  );
  // The cluster is killed, and does not flush what it commits.
  await administer(cluster.url, "checkpoint");
});
afterAll(() => cluster?.stop());

it("answers 503 while the database is away, and recovers by itself", async () => {
  gateway = await serveRelease(release, { GIS: cluster.url });
  expect((await gateway.get(ITEMS)).status).toBe(200);
  await cluster.kill();
  const started = performance.now();
  const away = await gateway.get(ITEMS);
  expect(away.status).toBe(503);
  expect(away.headers.get("retry-after")).not.toBeNull();
  expect(await away.json()).toMatchObject({ code: "database-unreachable" });
  expect(performance.now() - started).toBeLessThan(5_000);
  expect((await gateway.get("/ogc/collections/cities")).status).toBe(200);
  await eventually(
    "readiness notices",
    async () => (await gateway.get("/health/ready")).status === 503,
  );

  await cluster.restart();
  expect((await gateway.get(ITEMS)).status).toBe(200);
  await eventually(
    "readiness notices",
    async () => (await gateway.get("/health/ready")).status === 200,
  );
  await gateway.stop();
});

it("survives a restart of the database without a failed request", async () => {
  gateway = await serveRelease(release, { GIS: cluster.url });
  await Promise.all(Array.from({ length: 10 }, () => gateway.get(ITEMS)));
  await cluster.restart();
  const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.get(ITEMS)));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  await gateway.stop();
});

it("tells operators where its database is, and nobody else", async () => {
  await cluster.kill();
  gateway = await serveRelease(release, { GIS: cluster.url });
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
    const text = await (await gateway.get(path)).text();
    expect(text, path).not.toContain(host);
    expect(text, path).not.toMatch(/cannot connect|ECONNREFUSED/);
  }
  const ready = await gateway.operations.get("/health/ready");
  expect(await ready.text()).toContain(`cannot connect to ${place}`);
  await gateway.stop();
  await cluster.restart();
});

it("starts without its database, and serves as soon as it is there", async () => {
  await cluster.kill();
  gateway = await serveRelease(release, { GIS: cluster.url });
  expect((await gateway.get("/health/live")).status).toBe(200);
  expect((await gateway.get("/ogc/collections/cities")).status).toBe(200);
  const away = await gateway.get(ITEMS);
  expect(away.status).toBe(503);
  expect(await away.json()).toMatchObject({ code: "collection-unavailable" });
  const { checks } = (await gateway.operations.json("/health/ready")).body;
  expect(checks.database?.reason).toMatch(/^datasource "main": cannot connect to /);
  await cluster.restart();
  await eventually("it is mended", async () => (await gateway.get(ITEMS)).status === 200);
  await gateway.stop();
});
