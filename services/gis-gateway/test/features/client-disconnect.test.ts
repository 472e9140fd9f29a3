import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;
let observer: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table points (id int primary key, geom geometry(Point, 4326));
     insert into points select n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 3) n;
     create view slow as select p.id, p.geom from points p, lateral (select pg_sleep(10 + p.id * 0)) s;`,
  );
  observer = new pg.Client(database.url);
  await observer.connect();
  const release = releaseOf([
    layerOf("points"),
    layerOf("slow", { idColumn: "id", extent: [0, 0, 1, 1] }),
  ]);
  gateway = await serveRelease(release, { GIS: database.url }, { collectionCheckSeconds: 3_600 });
});
afterAll(async () => {
  await observer?.end();
  await gateway?.stop();
  await database?.drop();
});

/** Running statements or cursors on the slow view, except for the statement of its extent. */
async function running(): Promise<number> {
  const { rows } = await observer.query(
    `select 1 from pg_stat_activity where application_name = 'honua-gis-gateway'
     and datname = current_database() and state = 'active' and (query like '%"slow"%' or query like 'fetch %')
     and query not ilike '%st_extent%'`,
  );
  return rows.length;
}

const SLOW = "/ogc/collections/slow";

it.each([
  ["items", `${SLOW}/items`],
  ["filtered items", `${SLOW}/items?bbox=0,0,9,9`],
  ["an item", `${SLOW}/items/1`],
  ["a streamed format", `${SLOW}/items?f=csv`],
  ["a long page", `${SLOW}/items?limit=9000`],
  ["a file", `${SLOW}/items?f=flatgeobuf`],
  ["a tile", `${SLOW}/tiles/WebMercatorQuad/0/0/0`],
])("cancels the statement of %s when the client disconnects", async (_name, path) => {
  const leaving = new AbortController();
  const answer = fetch(`${gateway.url}${path}`, { signal: leaving.signal });
  const refused = expect(answer).rejects.toThrow();
  await eventually("it runs", async () => (await running()) > 0);
  leaving.abort();
  await refused;
  // Earlier than the statements would finish.
  await eventually("it has ended", async () => (await running()) === 0, 8_000);
  expect((await gateway.get("/ogc/collections/points/items")).status).toBe(200);
});

it("continues the statement of a tile while one of its clients waits", async () => {
  const path = `${gateway.url}${SLOW}/tiles/WebMercatorQuad/0/0/0`;
  const [first, second] = [new AbortController(), new AbortController()];
  const answers = [first, second].map(({ signal }) =>
    fetch(path, { signal }).then(
      ({ status }) => status,
      () => "disconnected",
    ),
  );
  await eventually("it runs", async () => (await running()) === 1);
  first.abort();
  expect(await answers[0]).toBe("disconnected");
  expect((await gateway.get("/ogc/collections/points/items")).status).toBe(200);
  expect(await running()).toBe(1);
  second.abort();
  expect(await answers[1]).toBe("disconnected");
  await eventually("it has ended", async () => (await running()) === 0, 8_000);
});
