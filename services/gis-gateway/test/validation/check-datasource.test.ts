import type { Layer } from "@honua/contracts";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnectionString } from "../../src/datasource/connection-string.ts";
import { type Database, openDatabase } from "../../src/datasource/open-database.ts";
import { checkDatasource } from "../../src/validation/check-datasource.ts";
import { silent } from "../support/gateway.ts";
import { layerOf, propertyOf } from "../support/release.ts";

let created: TestDatabase;
let database: Database;

beforeAll(async () => {
  created = await createDatabase();
  await administer(
    created.url,
    `create table cities (id int primary key, name text, population int, tags text[], born date, geom geometry(Point, 4326));
     create index on cities using gist (geom);
     create table composite (a int, b int, geom geometry(Point, 4326), primary key (a, b));
     create table keyless (name text, geom geometry(Point, 4326));
     create table by_index (code text unique, geom geometry(Point, 4326));
     create table two_unique (a int unique, b int unique, geom geometry(Point, 4326));
     create table partial (a int, geom geometry(Point, 4326)); create unique index on partial (a) where a > 0;
     create table generic (id int primary key, geom geometry);
     insert into generic values (1, st_setsrid(st_point(1, 1), 25830)), (2, st_setsrid(st_makeline(st_point(1, 1), st_point(2, 2)), 25830));
     create table empty_generic (id int primary key, geom geometry);
     create table tall (id int primary key, geom geometry(MultiPolygonZ, 4326));
     create table arcs (id int primary key, geom geometry(MultiSurface, 4326));
     create table solids (id int primary key, geom geometry(PolyhedralSurfaceZ, 4326));
     create table earth (id int primary key, geom geography(Point));
     create view seen as select * from cities;
     create domain score as numeric(3,0);
     create table scored (id bigint primary key, score score, geom geometry(Point, 4326));
     create table secret (id int primary key, geom geometry(Point, 4326));
     create schema "Año"; create table "Año"."Mis Datos" (id int primary key, geom geometry(Point, 4326));`,
  );
  database = await openDatabase(
    {
      target: parseConnectionString(created.url),
      readOnly: true,
      maxConnections: 2,
      idleTimeoutSeconds: 10,
      connectTimeoutSeconds: 5,
      statementTimeoutSeconds: 5,
    },
    silent,
  );
});
afterAll(async () => {
  await database?.close();
  await created?.drop();
});

async function check(id: string, overrides: Partial<Layer> = {}) {
  const layer = { ...layerOf(id, overrides), pointer: "/l" };
  const [outcome] = await checkDatasource(database, [layer], "metadata.json");
  if (!outcome) throw new Error("The check of the layer is missing.");
  const summarize = (
    list: { code: string; pointer?: string | undefined; suggestion?: string | undefined }[],
  ) => list.map(({ code, pointer, suggestion }) => [code, pointer?.slice("/l".length), suggestion]);
  return {
    problems: summarize(outcome.problems),
    warnings: summarize(outcome.warnings),
    messages: outcome.problems.map(({ message }) => message),
    bound: outcome.bound,
  };
}

describe("checkDatasource for a valid layer", () => {
  it.each<[string, Partial<Layer>, string]>([
    ["cities", {}, "id"],
    ["by_index", {}, "code"],
    ["two_unique", { idColumn: "b" }, "b"],
    ["empty_generic", { geometryType: "Polygon" }, "id"],
    ["tall", { geometryType: "MultiPolygon" }, "id"],
    ["arcs", { geometryType: "MultiPolygon" }, "id"],
    ["generic", { geometryType: "Geometry", srid: 25830 }, "id"],
    ["Mis Datos", { table: { schema: "Año", name: "Mis Datos" } }, "id"],
    ["scored", { properties: [propertyOf("score", "integer")] }, "id"],
  ])("binds %s to its columns", async (id, overrides, key) => {
    const { problems, bound } = await check(id, overrides);
    expect(problems).toEqual([]);
    expect(bound?.key.name).toBe(key);
  });
});

describe("checkDatasource for an invalid layer", () => {
  it.each<[string, Partial<Layer>, [string, string, string | undefined][]]>([
    ["citis", {}, [["table-not-found", "/table", "public.cities"]]],
    ["cities", { geometryColumn: "gem" }, [["column-not-found", "/geometryColumn", "geom"]]],
    ["cities", { geometryColumn: "name" }, [["column-not-geometry", "/geometryColumn", undefined]]],
    ["cities", { geometryType: "Polygon" }, [["geometry-type-mismatch", "/geometryType", "Point"]]],
    ["cities", { srid: 25830 }, [["srid-mismatch", "/srid", "4326"]]],
    ["empty_generic", { srid: 999_999 }, [["srid-unknown", "/srid", undefined]]],
    ["generic", { srid: 25830 }, [["geometry-type-mismatch", "/geometryType", "Geometry"]]],
    ["generic", { geometryType: "Geometry" }, [["srid-mismatch", "/srid", "25830"]]],
    ["arcs", {}, [["geometry-type-mismatch", "/geometryType", "MultiPolygon"]]],
    [
      "solids",
      { geometryType: "Geometry" },
      [
        [
          "geometry-type-unsupported",
          "/geometryColumn",
          "serve a view that selects st_collectionextract(geom, 3)",
        ],
      ],
    ],
    ["composite", {}, [["id-column-needed", "", "add an idColumn"]]],
    ["keyless", {}, [["id-column-needed", "", "add an idColumn"]]],
    ["two_unique", {}, [["id-column-needed", "", "add an idColumn"]]],
    ["partial", {}, [["id-column-needed", "", "add an idColumn"]]],
    ["seen", {}, [["id-column-needed", "", "add an idColumn"]]],
    ["cities", { idColumn: "idd" }, [["column-not-found", "/idColumn", "id"]]],
    ["cities", { idColumn: "tags" }, [["id-type-unusable", "/idColumn", undefined]]],
    ["cities", { datetimeColumn: "name" }, [["column-not-temporal", "/datetimeColumn", undefined]]],
    [
      "cities",
      { datetimeColumn: { start: "born", end: "brn" } },
      [["column-not-found", "/datetimeColumn/end", "born"]],
    ],
    [
      "earth",
      {},
      [["column-not-geometry", "/geometryColumn", 'serve a view that selects "geom"::geometry']],
    ],
    [
      "cities",
      {
        geometryColumn: "geo",
        properties: [
          propertyOf("populaton", "integer"),
          propertyOf("name", "integer"),
          propertyOf("tags", "string"),
        ],
      },
      [
        ["column-not-found", "/geometryColumn", "geom"],
        ["column-not-found", "/properties/0/name", "population"],
        ["property-type-mismatch", "/properties/1/type", "string"],
        ["property-type-mismatch", "/properties/2/type", "array"],
      ],
    ],
  ])("reports every problem of %s with %j", async (id, overrides, expected) => {
    const { problems, bound } = await check(id, overrides);
    expect(problems).toEqual(expected);
    expect(bound).toBeUndefined();
  });

  it("writes a readable message", async () => {
    const { messages } = await check("cities", {
      properties: [propertyOf("populaton", "integer")],
    });
    expect(messages).toEqual([
      'Column "populaton" does not exist in public.cities. Did you mean "population"?',
    ]);
  });
});

it("warns about missing spatial and unique indexes", async () => {
  expect((await check("by_index")).warnings).toEqual([
    ["no-spatial-index", "/geometryColumn", "create index on public.by_index using gist (geom)"],
  ]);
  expect((await check("cities", { idColumn: "population" })).warnings).toEqual([
    ["id-not-unique", "/idColumn", undefined],
  ]);
  expect((await check("seen", { idColumn: "id" })).warnings).toEqual([
    ["id-not-unique", "/idColumn", undefined],
  ]);
});
