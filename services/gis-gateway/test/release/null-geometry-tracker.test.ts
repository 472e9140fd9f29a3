import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabaseRegistry } from "../../src/datasource/database-registry.ts";
import { createExtentCache } from "../../src/release/extent-cache.ts";
import { loadRelease } from "../../src/release/load-release.ts";
import { createNullGeometryTracker } from "../../src/release/null-geometry-tracker.ts";
import { LIMITS, silent } from "../support/gateway.ts";
import { layerOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table nullable (id int primary key, geom geometry(Point, 4326));
     insert into nullable select n, st_setsrid(st_point(n, n), 4326) from generate_series(1, 9) n;
     create table required (id int primary key, geom geometry(Point, 4326) not null);
     create view seen as select * from nullable;`,
  );
});
afterAll(() => database?.drop());

it("tracks tables with a geometry in every row until a null geometry is written", async () => {
  const nullGeometries = createNullGeometryTracker(silent);
  const loaded = await loadRelease(
    releaseOf([layerOf("nullable"), layerOf("required"), layerOf("seen", { idColumn: "id" })]),
    {
      environment: "test",
      databases: createDatabaseRegistry(silent),
      secrets: { variable: () => database.url, file: async () => "" },
      extents: createExtentCache(silent),
      nullGeometries,
      defaultCacheSeconds: 0,
      limits: LIMITS,
    },
  );
  const { collections } = loaded.active;
  const withNullGeometries = () =>
    [...collections].filter(([, { source }]) => source?.mayLackGeometries()).map(([id]) => id);

  expect(withNullGeometries()).toEqual(["nullable", "seen"]);
  await eventually("the table without null geometries is recognized", async () => {
    await nullGeometries.refresh(collections);
    return withNullGeometries().join() === "seen";
  });
  await administer(database.url, "insert into nullable values (10, null)");
  await eventually("the new null geometry is detected", async () => {
    await nullGeometries.refresh(collections);
    return withNullGeometries().length === 2;
  });
  loaded.dispose();
});
