import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveRelease, type TestGateway } from "./support/gateway.ts";
import { layerOf, releaseOf } from "./support/release.ts";

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
  gateway = await serveRelease(release, { GIS: database.url });
});
afterAll(async () => {
  await observer?.end();
  await gateway?.stop();
  await database?.drop();
});

async function running(): Promise<number> {
  const { rows } = await observer.query(
    `select 1 from pg_stat_activity where application_name = 'honua-gis-gateway'
     and state = 'active' and query like 'select string_agg%"slow"%'`,
  );
  return rows.length;
}

it("a query ends when nobody waits for its answer any more", async () => {
  const leaving = new AbortController();
  const answer = fetch(`${gateway.url}/ogc/collections/slow/items`, { signal: leaving.signal });
  const refused = expect(answer).rejects.toThrow();
  await eventually("it runs", async () => (await running()) === 1);
  leaving.abort();
  await refused;
  const left = performance.now();
  await eventually("it has ended", async () => (await running()) === 0);
  expect(performance.now() - left).toBeLessThan(5_000);
  expect((await gateway.get("/ogc/collections/points/items")).status).toBe(200);
});
