import { expect, it } from "vitest";
import { createRouteTable } from "../../src/http/route-table.ts";

const table = createRouteTable<string>();
for (const pattern of [
  "/",
  "/collections",
  "/collections/:collectionId/items/:featureId",
  "/tiles/:set",
  "/tiles/:set/:matrix",
  "/tiles/WebMercatorQuad/tilejson",
]) {
  table.add(pattern, `handler of ${pattern}`);
}

it.each([
  ["", "/", {}],
  ["/", "/", {}],
  ["/collections", "/collections", {}],
  ["/collections/", "/collections", {}],
  [
    "/collections/a%2Fb/items/%C3%BC%20",
    "/collections/:collectionId/items/:featureId",
    { collectionId: "a/b", featureId: "ü " },
  ],
  ["/tiles/WebMercatorQuad/tilejson", "/tiles/WebMercatorQuad/tilejson", {}],
  ["/tiles/WebMercatorQuad/4", "/tiles/:set/:matrix", { set: "WebMercatorQuad", matrix: "4" }],
  ["/tiles/WebMercatorQuad", "/tiles/:set", { set: "WebMercatorQuad" }],
  ["/tiles/__proto__", "/tiles/:set", { set: "__proto__" }],
])("finds the route of %s", (path, pattern, parameters) => {
  expect(table.find(path)).toEqual({ pattern, handler: `handler of ${pattern}`, parameters });
});

it.each(["/collection", "/collections/a/items", "/collections//items/a", "/tiles//4", "//"])(
  "finds no route for %s",
  (path) => {
    expect(table.find(path)).toBeUndefined();
  },
);

it("throws for invalid percent-encoding", () => {
  expect(() => table.find("/tiles/%zz")).toThrow(/'%zz' has invalid percent-encoding/);
});
