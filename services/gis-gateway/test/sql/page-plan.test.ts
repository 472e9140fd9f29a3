import { expect, it } from "vitest";
import type { BoundLayer } from "../../src/layer/bound-layer.ts";
import { planPage } from "../../src/sql/page-plan.ts";
import type { PageRequest } from "../../src/sql/page-request.ts";

const key = { name: "id" };

function layer(estimatedRows: number, over: object = {}): BoundLayer {
  const indexes = [
    { primary: true, unique: true, method: "btree", columns: ["id"] },
    { primary: false, unique: false, method: "gist", columns: ["geom"] },
  ];
  const geometry = { name: "geom", geometry: { type: "Point", srid: 4326 } };
  const storage = { kind: "crs84", srid: 4326 };
  return { key, geometry, storage, table: { estimatedRows, indexes }, ...over } as never;
}

const world = { west: -180, south: -90, east: 180, north: 90 };
const small = { west: 0, south: 0, east: 1, north: 1 };
const extent = [-180, -90, 180, 90] as const;
const ask = (over: object) =>
  ({
    limit: 10,
    offset: 0,
    sortby: [],
    wholeTable: false,
    extent,
    ...over,
  }) as never as PageRequest;

it.each([
  ["a box of everything is tried by key", 1e6, { boxes: [world] }, { fetchBy: key, tried: 30 }],
  ["a small one of many rows is not", 1e6, { boxes: [small] }, { fetchBy: key, tried: 0 }],
  ["of few rows it is left to the database", 1e4, { boxes: [small] }, { fetchBy: key }],
  [
    "of an unknown extent none is tried",
    1e6,
    { boxes: [world], extent: undefined },
    { fetchBy: key, tried: 0 },
  ],
  ["a long page is fetched at once", 1e6, { boxes: [world], limit: 2_000 }, { tried: 6_000 }],
  [
    "what is sorted otherwise is left to it",
    1e6,
    { boxes: [world], sortby: [{ column: { name: "x" } }] },
    { fetchBy: key },
  ],
  ["and what is not filtered", 1e6, {}, {}],
])("%s", (_, rows, request, choice) => {
  expect(planPage(layer(rows), ask(request))).toEqual(choice);
});

it("needs both indexes, and a box that the spatial one can be asked for", () => {
  const request = ask({ boxes: [world] });
  const projected = { storage: { kind: "projected", srid: 25830 } };
  expect(planPage(layer(1e6, projected), request)).toEqual({ fetchBy: key });
  expect(planPage(layer(1e6, { table: { estimatedRows: 1e6, indexes: [] } }), request)).toEqual({});
});
