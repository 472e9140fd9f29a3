import { gatewaysBucket } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectTestBus, type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const CITIES = `
create table cities (id int primary key, name text, size int, geom geometry(Point, 4326) not null);
create index on cities using gist (geom);
insert into cities select n, 'City ' || n, n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 9) n;`;
const properties = [propertyOf("name", "string"), propertyOf("size", "integer")];

let nats: RunningNats;
let bus: Bus;
let gatewayBus: Bus;
let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  nats = await startNats();
  database = await createDatabase();
  await administer(
    database.url,
    `${CITIES} create table towns as select * from cities; alter table towns add primary key (id)`,
  );
  bus = await connectTestBus(nats.url, "observer");
  gatewayBus = await connectTestBus(nats.url, "gateway-1");
  gateway = await serveRelease(
    releaseOf([layerOf("cities", { properties }), layerOf("towns", { properties })]),
    { GIS: database.url },
    { connectBus: async () => gatewayBus, collectionCheckSeconds: 0.1 },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await gatewayBus?.close();
  await bus?.close();
  await database?.drop();
  await nats?.stop();
});

/** Waits until the gateway reports this status for cities, and no problem for towns. */
async function reported(what: string, says: RegExp | undefined): Promise<void> {
  await eventually(what, async () => {
    const entry = await (await bus.bucket(gatewaysBucket)).get("test.gateway-1");
    const [cities, towns] = ["cities", "towns"].map((id) =>
      entry?.value.collections.find(({ collection }) => collection === id),
    );
    if (towns?.status !== "Healthy") return false;
    return says === undefined
      ? cities?.status === "Healthy"
      : cities?.status === "Unhealthy" && says.test(cities.message ?? "");
  });
}

/** All ways to read cities: items, an item, long responses, tiles. */
const WAYS = [
  "items?limit=3",
  "items?limit=3&bbox=0,0,5,5",
  "items?limit=3&sortby=-size",
  "items/3",
  "items?f=csv",
  "tiles/WebMercatorQuad/0/0/0",
].map((path) => `/ogc/collections/cities/${path}`);

async function eachIs(status: number): Promise<void> {
  for (const path of WAYS) {
    const response = await gateway.get(path);
    expect([path, response.status]).toEqual([path, status]);
    if (status !== 503) continue;
    expect(response.headers.get("retry-after")).not.toBeNull();
    expect(((await response.json()) as Json).code).toBe("table-changed");
  }
  expect((await gateway.get("/ogc/collections/towns/items")).status).toBe(200);
  expect((await gateway.get("/ogc/collections")).status).toBe(200);
}

it("reports a dropped, renamed or retyped column and makes its collection unavailable", async () => {
  await eachIs(200);
  await reported("all is well", undefined);

  await administer(database.url, "alter table cities rename size to extent");
  await eachIs(503);
  await reported("the column is missed", /Column "size" does not exist/);
  await administer(database.url, "alter table cities rename extent to size");
  await eachIs(200);
  await reported("it is back", undefined);

  await administer(database.url, "alter table cities alter size type text using size::text");
  await reported("the type is not the one that is configured", /"size" of public.cities is text/);
  await administer(database.url, "alter table cities alter size type int using size::int");
  await reported("it is an integer again", undefined);
  await eachIs(200);

  await administer(database.url, "alter table cities drop column size");
  await eachIs(503);
  await reported("the column is missed", /Column "size" does not exist/);
});

it("ignores an irrelevant change of the table", async () => {
  await administer(database.url, `drop table cities; ${CITIES}`);
  await eachIs(200);
  await administer(database.url, "alter table cities alter size type bigint, add note text");
  await eachIs(200);
  await reported("all is well", undefined);
});

it("reports a dropped table, and serves it again with its new rows after it is restored", async () => {
  await administer(database.url, "drop table cities");
  await eachIs(503);
  await reported("the table is missed", /cities/);
  await administer(database.url, CITIES);
  await administer(database.url, "update cities set name = 'New ' || id");
  await eachIs(200);
  await reported("it is back", undefined);
  const { body } = await gateway.json("/ogc/collections/cities/items/3");
  expect(body.properties.name).toBe("New 3");
});
