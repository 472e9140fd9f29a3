import type { ByteRow } from "@honua/pg-raw";
import { describe, expect, it } from "vitest";
import type { CatalogColumn } from "../../src/layer/catalog.ts";
import { readPageRow } from "../../src/sql/page-row.ts";

const id: CatalogColumn = {
  name: "id",
  type: "int4",
  sqlType: "integer",
  category: "N",
  isWhole: true,
  notNull: true,
};
const name: CatalogColumn = {
  name: "name",
  type: "text",
  sqlType: "text",
  category: "S",
  isWhole: false,
  notNull: false,
};
const byId = [{ column: id, descending: false }];
const byName = [{ column: name, descending: false }, ...byId];

const row = (...values: (string | null)[]): ByteRow =>
  values.map((value) => (value === null ? null : Buffer.from(value)));
/** GeoJSON of consecutive features with these ids. */
const features = (...ids: string[]) =>
  ids.map((id) => `{"type":"Feature","id":${id},"geometry":null}`).join(",\n");
const before = { direction: "before" as const, values: ["9"] };

describe("readPageRow", () => {
  it("returns all features if there are no more", () => {
    const page = readPageRow(row(features("1", "2"), "2", null, "2"), { limit: 2 }, byId);
    expect(page).toMatchObject({ returned: 2, hasMore: false, matched: 2 });
    expect(page).toMatchObject({ nearest: '["1"]', farthest: '["2"]' });
    expect(String(page.features)).toBe(features("1", "2"));
  });

  it("drops the last feature if there are more", () => {
    const page = readPageRow(row(features("1", "2", "3"), "3", null, null), { limit: 2 }, byId);
    expect(page).toMatchObject({ returned: 2, hasMore: true, matched: undefined });
    expect(page).toMatchObject({ nearest: '["1"]', farthest: '["2"]' });
    expect(String(page.features)).toBe(features("1", "2"));
  });

  it("drops the first feature of a page that was read backwards", () => {
    const request = { limit: 2, place: before };
    const page = readPageRow(row(features("1", "2", "3"), "3", null, null), request, byId);
    expect(page).toMatchObject({ returned: 2, nearest: '["3"]', farthest: '["2"]' });
    expect(String(page.features)).toBe(features("2", "3"));
  });

  it("returns keyset positions of ids that are JSON strings, such as those beyond 2^53", () => {
    const texts = row(features('"-9007199254740993"', '"9007199254740993"'), "2", null, null);
    const page = readPageRow(texts, { limit: 2 }, byId);
    expect(page).toMatchObject({
      nearest: '["-9007199254740993"]',
      farthest: '["9007199254740993"]',
    });
  });

  it("returns an empty page, and no number of matches beyond the maximum", () => {
    const page = readPageRow(row(null, "0", null, "10001"), { limit: 2 }, byId);
    expect(page).toMatchObject({ returned: 0, hasMore: false, matched: undefined });
    expect([page.nearest, page.farthest, page.features.length]).toEqual([undefined, undefined, 0]);
  });

  it("returns keyset positions of several values unchanged", () => {
    const places = '["x","a","1"]\n["x",null,"2"]';
    const page = readPageRow(row("{},\n{}", "2", places, null), { limit: 5 }, byName);
    expect(page).toMatchObject({ nearest: '["x","a","1"]', farthest: '["x",null,"2"]' });
  });
});
