import { expect, it } from "vitest";
import type { BoundLayer } from "../../src/layer/bound-layer.ts";
import { planPage } from "../../src/sql/page-plan.ts";
import type { PageRequest } from "../../src/sql/page-request.ts";

const key = { name: "id" };

function layer(estimatedRows: number, overrides: object = {}): BoundLayer {
  const indexes = [
    { primary: true, unique: true, method: "btree", columns: ["id"] },
    { primary: false, unique: false, method: "gist", columns: ["geom"] },
  ];
  const geometry = { name: "geom", geometry: { type: "Point", srid: 4326 } };
  const storage = { kind: "crs84", srid: 4326 };
  return { key, geometry, storage, table: { estimatedRows, indexes }, ...overrides } as never;
}

const world = { west: -180, south: -90, east: 180, north: 90 };
const small = { west: 0, south: 0, east: 1, north: 1 };
const extent = [-180, -90, 180, 90] as const;
const requestWith = (overrides: object) =>
  ({
    limit: 10,
    offset: 0,
    sortby: [],
    wholeTable: false,
    extent,
    ...overrides,
  }) as never as PageRequest;

it.each([
  [
    "scans rows in key order for a box of the whole extent",
    1e6,
    { boxes: [world] },
    { fetchByKey: key, scannedRows: 30 },
  ],
  [
    "does not scan rows for a small box of a large table",
    1e6,
    { boxes: [small] },
    { fetchByKey: key, scannedRows: 0 },
  ],
  [
    "leaves a small box of a small table to the planner",
    1e4,
    { boxes: [small] },
    { fetchByKey: key },
  ],
  [
    "does not scan rows if the extent is unknown",
    1e6,
    { boxes: [world], extent: undefined },
    { fetchByKey: key, scannedRows: 0 },
  ],
  [
    "reads a long page without fetching by key",
    1e6,
    { boxes: [world], limit: 2_000 },
    { scannedRows: 6_000 },
  ],
  [
    "leaves another sort order to the planner",
    1e6,
    { boxes: [world], sortby: [{ column: { name: "x" } }] },
    { fetchByKey: key },
  ],
  ["does nothing for a page without filters", 1e6, {}, {}],
])("%s", (_, rows, request, plan) => {
  expect(planPage(layer(rows), requestWith(request))).toEqual(plan);
});

it("requires a unique index, and for scanning a box that the spatial index supports", () => {
  const request = requestWith({ boxes: [world] });
  const projected = { storage: { kind: "projected", srid: 25830 } };
  expect(planPage(layer(1e6, projected), request)).toEqual({ fetchByKey: key });
  expect(planPage(layer(1e6, { table: { estimatedRows: 1e6, indexes: [] } }), request)).toEqual({});
});
