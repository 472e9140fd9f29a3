import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { expect, it } from "vitest";
import { type ApiUnderTest, type Json, linkOf, linksOf } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";

const TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0";
const TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
const MVT = "application/vnd.mapbox-vector-tile";

/** OGC API Tiles Part 1 (20-057), with the tile matrix sets of OGC 17-083r4. */
export const tilesClasses: readonly ConformanceClass[] = [
  conformanceClass(TILES, "core", coreTests),
  conformanceClass(TILES, "tileset", tilesetTests),
  conformanceClass(TILES, "tilesets-list", listTests),
  conformanceClass(TILES, "dataset-tilesets", datasetTests),
  conformanceClass(TILES, "geodata-tilesets", geodataTests),
  conformanceClass(TILES, "mvt", mvtTests),
  conformanceClass(TILES, "oas30", openapiTests),
];

/** The tilesets that a landing page or a collection links to. */
async function tilesetsOf(api: ApiUnderTest, address: string): Promise<Json[]> {
  const { href } = linkOf(await api.document(address), TILESETS);
  const { tilesets } = await api.document(href);
  return Promise.all(tilesets.map((tileset: Json) => api.document(linkOf(tileset, "self").href)));
}

/** The URL of a tile. */
function tileUrl(tileset: Json, matrix: unknown, row: unknown, column: unknown): string {
  return linkOf(tileset, "item")
    .href.replace("{tileMatrix}", String(matrix))
    .replace("{tileRow}", String(row))
    .replace("{tileCol}", String(column));
}

function coreTests(api: ApiUnderTest): void {
  it("/conf/core/tc-op, tc-success: returns a tile in every corner of the limits", async () => {
    for (const tileset of [
      ...(await tilesetsOf(api, "/")),
      ...(await tilesetsOf(api, "/collections/sites")),
    ]) {
      for (const limits of tileset.tileMatrixSetLimits.slice(0, 3)) {
        const { tileMatrix, minTileRow, maxTileRow, minTileCol, maxTileCol } = limits;
        for (const [row, column] of [
          [minTileRow, minTileCol],
          [maxTileRow, maxTileCol],
        ]) {
          const { status, headers } = await api.get(tileUrl(tileset, tileMatrix, row, column), {
            accept: "*/*",
          });
          expect([200, 204]).toContain(status);
          if (status === 200) expect(headers.get("content-type")).toBe(MVT);
        }
      }
    }
  });

  it("/conf/core/tc-error: returns 404 outside the limits", async () => {
    for (const tileset of await tilesetsOf(api, "/collections/sites")) {
      const [{ tileMatrix, maxTileRow, maxTileCol }] = tileset.tileMatrixSetLimits;
      for (const url of [
        tileUrl(tileset, tileMatrix, maxTileRow + 1, 0),
        tileUrl(tileset, tileMatrix, 0, maxTileCol + 1),
        tileUrl(tileset, 99, 0, 0),
        tileUrl(tileset, tileMatrix, 2 ** 31 - 1, 2 ** 31 - 1),
        tileUrl(tileset, tileMatrix, -1, 0),
        tileUrl(tileset, "x", 0, 0),
      ]) {
        expect((await api.get(url)).status, url).toBe(404);
      }
    }
  });
}

function tilesetTests(api: ApiUnderTest): void {
  it("/conf/tileset/desc, tmxslink: contains everything for the URL of a tile", async () => {
    for (const tileset of await tilesetsOf(api, "/collections/sites")) {
      expect(tileset).toMatchObject({
        dataType: "vector",
        crs: expect.any(String),
        title: "Sites",
      });
      expect(linkOf(tileset, "item")).toMatchObject({ type: MVT, templated: true });
      for (const variable of ["{tileMatrix}", "{tileRow}", "{tileCol}"]) {
        expect(linkOf(tileset, "item").href).toContain(variable);
      }
      const { href } = linkOf(tileset, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme");
      const definition = await api.document(href);
      expect(definition.uri).toBe(tileset.tileMatrixSetURI);
      const matrices = definition.tileMatrices.map(({ id }: Json) => id);
      for (const { tileMatrix } of tileset.tileMatrixSetLimits)
        expect(matrices).toContain(tileMatrix);
    }
  });

  it("lists the tile matrix sets with links to their definitions", async () => {
    const { tileMatrixSets } = await api.document("/tileMatrixSets");
    expect(tileMatrixSets.map(({ id }: Json) => id)).toEqual(["WebMercatorQuad", "WorldCRS84Quad"]);
    for (const set of tileMatrixSets) {
      for (const rel of ["self", "item"]) {
        const { href, type } = linkOf(set, rel);
        expect(type).toBe("application/json");
        expect((await api.document(href)).id).toBe(set.id);
      }
    }
  });
}

function listTests(api: ApiUnderTest): void {
  it("/conf/tilesets-list/tileset-links: every link of every tileset resolves to JSON", async () => {
    for (const address of ["/", "/collections/sites"]) {
      const { href } = linkOf(await api.document(address), TILESETS);
      expect(href).toMatch(/\/tiles$/);
      const { tilesets } = await api.document(href);
      expect(tilesets).toHaveLength(2);
      for (const tileset of tilesets) {
        expect(tileset).toMatchObject({
          dataType: "vector",
          crs: expect.any(String),
          tileMatrixSetURI: expect.stringMatching(
            /^http:\/\/www\.opengis\.net\/def\/tilematrixset/,
          ),
        });
        for (const link of tileset.links) expect(await api.document(link.href)).toBeDefined();
      }
    }
  });
}

function datasetTests(api: ApiUnderTest): void {
  it("/conf/dataset-tilesets/landingpage: a tile has one layer for each collection", async () => {
    const [mercator] = await tilesetsOf(api, "/");
    const { bytes } = await api.get(tileUrl(mercator, 0, 0, 0), { accept: "*/*" });
    const { layers } = new VectorTile(new PbfReader(bytes));
    // The parcels are smaller than a pixel here.
    expect(Object.keys(layers).sort()).toEqual(["cities", "countries", "sites"]);
  });
}

function geodataTests(api: ApiUnderTest): void {
  it("/conf/geodata-tilesets/desc-links: every collection links to its tilesets", async () => {
    for (const collection of await api.collections()) {
      expect(linksOf(collection, TILESETS)).toHaveLength(1);
      expect(await tilesetsOf(api, `/collections/${collection.id}`)).toHaveLength(2);
    }
  });
}

function mvtTests(api: ApiUnderTest): void {
  it("/conf/mvt/content: features have their ids, properties and positions", async () => {
    for (const [index, tileset] of (await tilesetsOf(api, "/collections/sites")).entries()) {
      const url = tileUrl(tileset, 0, 0, index === 0 ? 0 : 1);
      const { headers, bytes } = await api.get(url, { accept: MVT });
      expect(headers.get("content-type")).toBe(MVT);
      const layer = new VectorTile(new PbfReader(bytes)).layers.sites;
      if (!layer) throw new Error("The tile has no layer 'sites'.");
      const features = Array.from({ length: layer.length }, (_, at) => layer.feature(at));
      const tower = features.find(({ id }) => id === 3);
      expect(tower?.properties).toMatchObject({
        name: "Torre",
        kind: "tower",
        height: 57.5,
        open: true,
      });
      if (index > 0) continue;
      expect(tower?.toGeoJSON(0, 0, 0).geometry).toMatchObject({
        type: "Point",
        coordinates: [expect.closeTo(2.35, 0), expect.closeTo(48.85, 0)],
      });
    }
  });
}

function openapiTests(api: ApiUnderTest): void {
  it("/conf/oas30/completeness, operation-id: defines tiles with the operation ids of table 11", async () => {
    const { paths } = await api.definition();
    const address = "{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}";
    const expected = [
      ["/tiles", ".dataset.vector.getTileSetsList"],
      ["/tiles/{tileMatrixSetId}", ".dataset.vector.getTileSet"],
      [`/tiles/${address}`, ".dataset.vector.getTile"],
      ["/collections/sites/tiles", ".collection.vector.getTileSetsList"],
      ["/collections/sites/tiles/{tileMatrixSetId}", ".collection.vector.getTileSet"],
      [`/collections/sites/tiles/${address}`, ".collection.vector.getTile"],
    ];
    for (const [path = "", suffix = ""] of expected) {
      expect(paths[path]?.get.operationId.endsWith(suffix), path).toBe(true);
    }
  });
}
