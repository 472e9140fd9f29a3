import { describe, expect, it } from "vitest";
import type { BoundLayer } from "../../src/layer/bound-layer.ts";
import type { CatalogColumn } from "../../src/layer/catalog.ts";
import { compileFeatureSql } from "../../src/sql/feature-sql.ts";
import type { PageRequest } from "../../src/sql/page-request.ts";
import { layerOf, propertyOf } from "../support/release.ts";

const column = (
  name: string,
  type: string,
  overrides: Partial<CatalogColumn> = {},
): CatalogColumn => ({
  name,
  type,
  sqlType: type,
  category: "S",
  isWhole: false,
  notNull: false,
  ...overrides,
});
const id = column("id", "int4", { notNull: true });
const name = column('na"me', "text");
const geom = column("geom", "geometry", { geometry: { type: "Point", srid: 4326 } });
const bound: BoundLayer = {
  layer: { ...layerOf("cities"), pointer: "" },
  table: {
    schema: "public",
    name: "cities",
    isView: false,
    readable: true,
    estimatedRows: 10,
    columns: new Map(),
    indexes: [],
  },
  geometry: geom,
  storage: { srid: 4326, kind: "crs84" },
  offered: [],
  key: id,
  properties: [{ property: propertyOf('na"me', "string"), column: name }],
};
const request: PageRequest = {
  limit: 10,
  offset: 0,
  sortby: [],
  equals: [],
  counts: false,
  wholeTable: false,
  mayLackGeometries: true,
};

const after = (key: string) => ({ direction: "after" as const, values: [key] });

describe("FeatureSql.page", () => {
  it("builds GeoJSON and reads one row more than the limit", () => {
    const { text, values } = compileFeatureSql(bound).page(request);
    expect(text).toMatchInlineSnapshot(`
      "select string_agg('{"type":"Feature","id":' || r."id"::text || ',"geometry":' || coalesce(nullif(st_asgeojson(r."geom", 7, 0), '{"type":"Point","coordinates":[]}'), 'null') || E',"properties":{"na\\\\"me":' || coalesce(to_json(r."na""me")::text, 'null') || '}}', E',\\n'), count(*), null, null::int
      from (select t."id", t."geom", t."na""me"
        from "public"."cities" t
        order by t."id"
        limit 11) r"
    `);
    expect(values).toEqual([]);
  });

  it("continues after a key, bound with its type", () => {
    const { text, values } = compileFeatureSql(bound).page({ ...request, place: after("10") });
    expect(text).toContain('where t."id" > $1::int4');
    expect(values).toEqual(["10"]);
  });

  it("uses the index before st_intersects, and selects null geometries", () => {
    const boxes = [{ west: 1.1, south: 2, east: 3, north: 4 }];
    const lines = { ...geom, geometry: { type: "LineString", srid: 4326 } };
    const { text, values } = compileFeatureSql({ ...bound, geometry: lines }).page({
      ...request,
      boxes,
    });
    const boxOf = (a: number) =>
      `st_setsrid(st_makebox2d(st_makepoint($${a}::float8, $${a + 1}::float8), st_makepoint($${a + 2}::float8, $${a + 3}::float8))::geometry, 4326)`;
    const [box, inner] = [boxOf(1), boxOf(5)];
    expect(text).toContain(
      `where ((t."geom" && ${box} and case when t."geom" @ ${inner} and t."geom" &<| ${inner} then true else st_intersects(t."geom", ${box}) end) or t."geom" is null)`,
    );
    expect(values).toEqual([1.1, 2, 3, 4, Math.fround(1.1), 2, 3, 4]);
    const pointSql = compileFeatureSql(bound).page({ ...request, boxes }).text;
    expect(pointSql).toContain(
      `where ((t."geom" && ${box} and t."geom"::point <@ box(point($1::float8, $2::float8), point($3::float8, $4::float8))) or t."geom" is null)`,
    );
    const complete = compileFeatureSql(bound).page({ ...request, boxes, mayLackGeometries: false });
    expect(complete.text).not.toContain("is null");
  });

  it("always calls st_intersects for a box too narrow for single precision", () => {
    const boxes = [{ west: 0.1, south: 2, east: 0.1, north: 4 }];
    const lines = { ...geom, geometry: { type: "LineString", srid: 4326 } };
    const { text, values } = compileFeatureSql({ ...bound, geometry: lines }).page({
      ...request,
      boxes,
    });
    expect(text).not.toContain("case when t.");
    expect(values).toEqual([0.1, 2, 0.1, 4]);
  });

  it("names statements without a filter, one name for each text", () => {
    const sql = compileFeatureSql(bound);
    const pages = [
      request,
      { ...request, limit: 100 },
      { ...request, place: after("1") },
      { ...request, place: { ...after("1"), direction: "before" as const } },
      { ...request, counts: true },
    ].map((page) => sql.page(page));
    const names = pages.map((page) => page.name);
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(names.length);
    expect(sql.page({ ...request, place: after("2") }).name).toBe(pages[2]?.name);
    expect(sql.page({ ...request, boxes: [] }).name).toBeUndefined();
    expect(sql.page({ ...request, offset: 5 }).name).toBeUndefined();
    expect(sql.page({ ...request, limit: 11 }).name).toBeUndefined();
  });
});

describe("a bbox for a table in another reference system", () => {
  const boxes = [{ west: -10, south: 40, east: 0, north: 50 }];
  const textIn = (
    kind: BoundLayer["storage"]["kind"],
    srid: number,
    overrides: Partial<PageRequest> = {},
  ) =>
    compileFeatureSql({ ...bound, storage: { kind, srid } }).page({
      ...request,
      boxes,
      mayLackGeometries: false,
      ...overrides,
    });

  it("is computed for Web Mercator, including the poles", () => {
    const { text, values } = textIn("webMercator", 3857, {
      boxes: [{ west: -180, south: -90, east: 180, north: 90 }],
    });
    expect(text).not.toContain("st_transform(st_setsrid");
    expect(values).toEqual([-20037508.342789244, -1e9, 20037508.342789244, 1e9]);
  });
  it("is projected if it is small; otherwise the index is not used", () => {
    expect(textIn("projected", 25830).text).toMatch(/"geom" && st_transform\(st_segmentize\(/);
    const whole = textIn("projected", 25830, { wholeTable: true }).text;
    const world = textIn("projected", 25830, {
      boxes: [{ west: -180, south: -90, east: 180, north: 90 }],
    }).text;
    for (const text of [whole, world]) expect(text).not.toContain("&&");
  });
});
