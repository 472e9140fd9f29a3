import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../../support/release.ts";

const ITEMS = "/ogc/collections/towns/items";
const EPSG25830 = "http://www.opengis.net/def/crs/EPSG/0/25830";
const EPSG4326 = "http://www.opengis.net/def/crs/EPSG/0/4326";
const FORMATS = {
  jsonfg: "application/vnd.ogc.fg+json",
  geojsonseq: "application/geo+json-seq",
  csv: "text/csv; charset=utf-8; header=present",
  flatgeobuf: "application/flatgeobuf",
} as const;

const SCHEMA = `
create table towns (id int primary key, name text, people int8, ratio float8, open boolean,
  seen timestamptz, doc jsonb, tags text[], geom geometry(Point, 4326));
insert into towns select n, 'Town ' || n, n * 1000, n / 4.0, n % 2 = 0,
  timestamptz '2024-01-01 00:00+00' + n * interval '1 day', '{"a": "x,y"}', array['a', 'b"c'],
  st_setsrid(st_point(n / 10.0, 40 + n / 10.0), 4326) from generate_series(1, 25) n;
update towns set name = E'She said "hi",\nthen left; ñ' where id = 2;
update towns set name = '=1+1', ratio = 'NaN' where id = 3;
update towns set name = '' where id = 4;
update towns set name = null, people = null, ratio = null, open = null, seen = null, doc = null, tags = null, geom = null where id = 5;
create table areas (code text primary key, "id" int, arrived date, left_on date, geom geometry(PolygonZ, 25830));
insert into areas values ('a "1"', 7, '2024-01-01', null, 'SRID=25830;POLYGON Z((440000 4474000 5, 441000 4474000 5, 441000 4475000 5, 440000 4474000 5))');
insert into areas values ('b', null, null, null, null);
analyze towns, areas`;

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, SCHEMA);
  gateway = await serveRelease(
    releaseOf([
      layerOf("towns", {
        datetimeColumn: "seen",
        properties: [
          propertyOf("name", "string"),
          propertyOf("people", "integer"),
          propertyOf("ratio", "number"),
          propertyOf("open", "boolean"),
          propertyOf("seen", "datetime"),
          propertyOf("doc", "json"),
          propertyOf("tags", "array"),
        ],
      }),
      layerOf("areas", {
        srid: 25830,
        geometryType: "Polygon",
        idColumn: "code",
        datetimeColumn: { start: "arrived", end: "left_on" },
        properties: [propertyOf("id", "integer")],
      }),
    ]),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

async function text(path: string): Promise<string> {
  const response = await gateway.get(path);
  const body = await response.text();
  expect(response.status, body).toBe(200);
  return body;
}

/** Parses CSV as defined by RFC 4180. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = "", end] of csv.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g,
  )) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\r\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

const records = (sequence: string): Json[] =>
  sequence
    .split("\u001e")
    .slice(1)
    .map((record) => {
      expect(record.endsWith("\n")).toBe(true);
      return JSON.parse(record);
    });

/** Reads the ids of a page in each format. */
const idsIn: Record<keyof typeof FORMATS, (body: Buffer) => number[]> = {
  jsonfg: (body) => JSON.parse(body.toString()).features.map(({ id }: Json) => id),
  geojsonseq: (body) => records(body.toString()).map(({ id }) => id),
  csv: (body) =>
    parseCsv(body.toString())
      .slice(1)
      .map(([id]) => Number(id)),
  flatgeobuf: (body) =>
    [...body.toString("latin1").matchAll(/Town (\d+)/g)].map(([, id]) => Number(id)),
};

describe.each(Object.entries(FORMATS) as [keyof typeof FORMATS, string][])(
  "items as %s",
  (name, mediaType) => {
    it("are selected by f and by Accept", async () => {
      const byName = await gateway.get(`${ITEMS}?f=${name}`);
      expect(byName.headers.get("content-type")).toBe(mediaType);
      const accept = mediaType.split(";")[0] ?? "";
      const byAccept = await gateway.get(ITEMS, { Accept: `text/html;q=0.5, ${accept}` });
      expect(byAccept.headers.get("content-type")).toBe(mediaType);
      expect(byName.headers.get("content-crs")).toContain("CRS84");
    });

    it("link all pages in the Link header", async () => {
      const seen: number[] = [];
      let path: string | undefined = `${ITEMS}?f=${name}&limit=7&sortby=id`;
      for (let pages = 0; path !== undefined && pages < 10; pages += 1) {
        const response: Response = await gateway.get(path);
        seen.push(...idsIn[name](Buffer.from(await response.arrayBuffer())));
        path = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
      }
      const expected = Array.from({ length: 25 }, (_, index) => index + 1);
      // Some features have other names than "Town n".
      const named = name === "flatgeobuf" ? expected.filter((id) => id === 1 || id > 5) : expected;
      expect(seen).toEqual(named);
    });

    it("link the previous pages", async () => {
      const first = await gateway.get(`${ITEMS}?f=${name}&limit=10&offset=10`);
      const prev = /<([^>]+)>; rel="prev"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
      const back = await gateway.get(prev);
      const ids = idsIn[name](Buffer.from(await back.arrayBuffer()));
      expect(ids.filter((id) => id > 5)).toEqual([6, 7, 8, 9, 10]);
    });

    it("return 304 if the client already has them", async () => {
      const path = `${ITEMS}?f=${name}&limit=3`;
      const tag = (await gateway.get(path)).headers.get("etag") ?? "";
      expect((await gateway.get(path, { "If-None-Match": tag })).status).toBe(304);
    });

    it("are listed in links and in the API definition", async () => {
      const page = (await gateway.json(ITEMS)).body;
      const link = page.links.find(({ type }: Json) => type === mediaType);
      expect(link).toMatchObject({ rel: "alternate", href: `${gateway.url}${ITEMS}?f=${name}` });
      const collection = (await gateway.json("/ogc/collections/towns")).body;
      expect(collection.links).toContainEqual(
        expect.objectContaining({ rel: "items", type: mediaType }),
      );
      const { get } = (await gateway.json("/ogc/api")).body.paths["/collections/towns/items"];
      expect(Object.keys(get.responses["200"].content)).toContain(mediaType);
      expect(get.parameters.find((each: Json) => each.name === "f").schema.enum).toContain(name);
    });

    it("reject the same parameters as GeoJSON", async () => {
      for (const query of ["limit=0", "bbox=1", "filter=x%3D1", "unknown=1", "people=many"]) {
        const { status, headers } = await gateway.get(`${ITEMS}?f=${name}&${query}`);
        expect(status, query).toBe(400);
        expect(headers.get("content-type")).toContain("application/problem+json");
      }
    });

    it("can be empty", async () => {
      const response = await gateway.get(`${ITEMS}?f=${name}&people=-1`);
      expect(response.status).toBe(200);
      expect(idsIn[name](Buffer.from(await response.arrayBuffer()))).toEqual([]);
    });
  },
);

describe("CSV", () => {
  it("keeps every value and distinguishes an empty text from null", async () => {
    const csv = await text(`${ITEMS}?f=csv&limit=5`);
    const [header, , second, third, fourth, fifth] = parseCsv(csv);
    expect(header).toEqual([
      "id",
      "name",
      "people",
      "ratio",
      "open",
      "seen",
      "doc",
      "tags",
      "longitude",
      "latitude",
    ]);
    expect(second).toEqual([
      "2",
      'She said "hi",\nthen left; ñ',
      "2000",
      "0.5",
      "true",
      "2024-01-03T00:00:00Z",
      '{"a": "x,y"}',
      '["a","b\\"c"]',
      "0.2",
      "40.2",
    ]);
    expect(third?.slice(1, 4)).toEqual(["=1+1", "3000", ""]);
    expect(fourth?.[1]).toBe("");
    expect(csv).toContain('\r\n4,"",4000,');
    expect(fifth).toEqual(["5", ...Array(9).fill("")]);
    expect(csv).toContain("\r\n5,,,,,,,,,\r\n");
  });

  it("has well-known text for other geometries than plain points, and unique column names", async () => {
    const [header, first, second] = parseCsv(
      await text(`/ogc/collections/areas/items?f=csv&crs=${EPSG25830}`),
    );
    expect(header).toEqual(["_id", "id", "geometry"]);
    expect(first?.[0]).toBe('a "1"');
    expect(first?.[2]).toBe(
      "POLYGON Z ((440000 4474000 5,441000 4474000 5,441000 4475000 5,440000 4474000 5))",
    );
    expect(second).toEqual(["b", "", ""]);
  });

  it("contains the selected properties and is saved as a file", async () => {
    const response = await gateway.get(
      `${ITEMS}?f=csv&limit=1&properties=people&skipGeometry=true`,
    );
    expect(await response.text()).toBe("id,people\r\n1,1000\r\n");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="towns.csv"');
    const northFirst = parseCsv(await text(`${ITEMS}?f=csv&limit=1&crs=${EPSG4326}`));
    expect(northFirst[1]?.slice(-2)).toEqual(["0.1", "40.1"]);
  });
});

describe("JSON-FG", () => {
  it("has the time, and in CRS84 the geometry of GeoJSON", async () => {
    const page = JSON.parse(await text(`${ITEMS}?f=jsonfg&limit=5`));
    expect(page).toMatchObject({
      type: "FeatureCollection",
      conformsTo: ["http://www.opengis.net/spec/json-fg-1/1.0/conf/core"],
      featureType: "towns",
      numberReturned: 5,
      numberMatched: 25,
    });
    expect(page).not.toHaveProperty("coordRefSys");
    expect(page.features[0]).toMatchObject({
      id: 1,
      time: { timestamp: "2024-01-02T00:00:00Z" },
      place: null,
      geometry: { type: "Point", coordinates: [0.1, 40.1] },
      properties: { name: "Town 1" },
    });
    expect(page.features[4]).toMatchObject({ time: null, geometry: null });
    const { conformsTo } = (await gateway.json("/ogc/conformance")).body;
    expect(conformsTo).toContain(page.conformsTo[0]);
  });

  it("has the place in another coordinate reference system, and an interval with an open end", async () => {
    const page = JSON.parse(await text(`/ogc/collections/areas/items?f=jsonfg&crs=${EPSG25830}`));
    expect(page.coordRefSys).toBe(EPSG25830);
    expect(page.features[0]).toMatchObject({
      time: { interval: ["2024-01-01", ".."] },
      geometry: null,
      place: { type: "Polygon" },
    });
    expect(page.features[0].place.coordinates[0][0]).toEqual([440000, 4474000, 5]);
    expect(page.features[1]).toMatchObject({ time: null, place: null });
    const swapped = JSON.parse(await text(`${ITEMS}?f=jsonfg&limit=1&crs=${EPSG4326}`));
    expect(swapped.features[0].place.coordinates).toEqual([40.1, 0.1]);
  });
});

describe("FlatGeobuf", () => {
  it("is a file with the signature of the format, in the requested coordinate reference system", async () => {
    const plain = await gateway.get(`${ITEMS}?f=flatgeobuf&limit=3`);
    const bytes = Buffer.from(await plain.arrayBuffer());
    expect(bytes.subarray(0, 4).toString("latin1")).toBe("fgb\u0003");
    for (const column of ["people", "seen", "tags"]) {
      expect(bytes.toString("latin1")).toContain(column);
    }
    const moved = await gateway.get(`/ogc/collections/areas/items?f=flatgeobuf&crs=${EPSG25830}`);
    const easting = Buffer.alloc(8);
    easting.writeDoubleLE(440000);
    expect(Buffer.from(await moved.arrayBuffer()).includes(easting)).toBe(true);
  });
});

it("lists the supported formats for an unknown f", async () => {
  const { status, body } = await gateway.json(`${ITEMS}?f=shapefile`);
  expect(status).toBe(400);
  expect(body.detail).toContain("json, html, jsonfg, geojsonseq, csv, flatgeobuf");
});
