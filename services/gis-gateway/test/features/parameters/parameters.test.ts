import { HttpProblem } from "@honua/service-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBbox } from "../../../src/features/parameters/bbox.ts";
import { decodeCursor, encodeCursor } from "../../../src/features/parameters/cursor.ts";
import { parseDatetime } from "../../../src/features/parameters/datetime.ts";
import { parseLimit } from "../../../src/features/parameters/limit.ts";
import { queryParameters } from "../../../src/features/parameters/query-parameters.ts";
import { type OrderTerm, orderFingerprint } from "../../../src/layer/sort-order.ts";

describe("bbox", () => {
  it.each([
    ["1,2,3,4", [[1, 2, 3, 4]]],
    ["1,2,-5,3,4,5", [[1, 2, 3, 4]]],
    [" 1.5 , -2e1 , +3 , .5 ", [[1.5, -20, 3, 0.5]]],
    [
      "177,65,-177,70",
      [
        [177, 65, 180, 70],
        [-180, 65, -177, 70],
      ],
    ],
    [
      "170,0,190,1",
      [
        [170, 0, 180, 1],
        [-180, 0, -170, 1],
      ],
    ],
    [
      "-190,0,-170,1",
      [
        [170, 0, 180, 1],
        [-180, 0, -170, 1],
      ],
    ],
    ["-180,-90,180,90", [[-180, -90, 180, 90]]],
    ["-200,-95,200,95", [[-180, -90, 180, 90]]],
  ])("%s", (text, boxes) => {
    expect(
      parseBbox(text).map(({ west, south, east, north }) => [west, south, east, north]),
    ).toEqual(boxes);
  });

  it.each([
    "",
    "1,2,3",
    "1,2,3,4,5,6,7",
    "1,2,3,x",
    "1,2,3,",
    "1,2,Infinity,4",
    "0x1,2,3,4",
    "1,5,2,4",
    "1,2,9,3,4,8",
  ])("returns 400 for '%s'", (text) => {
    expect(() => parseBbox(text)).toThrow(HttpProblem);
  });

  it("always returns boxes inside CRS84 with ordered corners", () => {
    const degrees = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
    fc.assert(
      fc.property(degrees(540), degrees(180), degrees(540), degrees(180), (west, a, east, b) => {
        const boxes = parseBbox([west, Math.min(a, b), east, Math.max(a, b)].join());
        for (const box of boxes) {
          expect(box.west).toBeGreaterThanOrEqual(-180);
          expect(box.east).toBeLessThanOrEqual(180);
          expect(box.west).toBeLessThanOrEqual(box.east);
          expect(box.south).toBeGreaterThanOrEqual(-90);
          expect(box.north).toBeLessThanOrEqual(90);
          expect(box.south).toBeLessThanOrEqual(box.north);
        }
      }),
    );
  });
});

describe("datetime", () => {
  it.each([
    ["2018-02-12T23:20:50Z", "2018-02-12T23:20:50.000000Z", "2018-02-12T23:20:50.000000Z"],
    ["2018-02-12t23:20:50.1234567z", "2018-02-12T23:20:50.123456Z", "2018-02-12T23:20:50.123456Z"],
    ["2018-02-12T01:00:00+02:00", "2018-02-11T23:00:00.000000Z", "2018-02-11T23:00:00.000000Z"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000000Z", "2016-12-31T23:59:59.000000Z"],
    ["2018-02-12", "2018-02-12T00:00:00.000000Z", "2018-02-12T23:59:59.999999Z"],
    ["2018-02-12/2018-03-18", "2018-02-12T00:00:00.000000Z", "2018-03-18T23:59:59.999999Z"],
    ["2018-02-12T00:00:00Z/..", "2018-02-12T00:00:00.000000Z", undefined],
    ["/2018-02-12T00:00:00Z", undefined, "2018-02-12T00:00:00.000000Z"],
  ])("%s", (text, start, end) => {
    expect(parseDatetime(text)).toEqual({ ...(start ? { start } : {}), ...(end ? { end } : {}) });
  });

  it.each([
    "",
    "/",
    "../..",
    "..",
    "now",
    "2018-02-30",
    "2018-02-12T24:00:00Z",
    "2018-02-12T00:00:00",
    "a/b",
    "2018-01-01/2018-01-02/2018-01-03",
    "2019-01-01/2018-01-01",
  ])("returns 400 for '%s'", (text) => {
    expect(() => parseDatetime(text)).toThrow(HttpProblem);
  });
});

describe("cursor", () => {
  const term = (name: string): OrderTerm => ({
    descending: false,
    column: { name, type: "text", sqlType: "text", category: "S", isWhole: false, notNull: true },
  });
  const order = [term("name"), term("id")];
  const byKey = [term("id")];
  it("encodes every key", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }).filter((key) => !key.includes("\u0000")),
        (key) => {
          const cursor = encodeCursor(
            "after",
            JSON.stringify([orderFingerprint(order), key, null]),
          );
          expect(decodeCursor(cursor, order)).toEqual({
            direction: "after",
            values: [key, null],
          });
          expect(() => decodeCursor(cursor, byKey)).toThrow(HttpProblem);
        },
      ),
    );
  });
  it("rejects every other text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text, byKey)).toThrow(HttpProblem);
      }),
    );
  });
});

describe("limit", () => {
  it("is the default if absent, and never above the maximum", () => {
    const limits = { default: 10, max: 100 };
    expect(parseLimit(undefined, limits)).toBe(10);
    expect(parseLimit("7", limits)).toBe(7);
    expect(parseLimit("100000", limits)).toBe(100);
  });
});

describe("query parameters", () => {
  const known = new Set(["limit", "bbox"]);
  it("are decoded", () => {
    expect([...queryParameters("limit=1&bbox=1%2C2", known)]).toEqual([
      ["limit", "1"],
      ["bbox", "1,2"],
    ]);
  });
  it("must be known; a similar name is suggested", () => {
    expect(() => queryParameters("limits=1", known)).toThrow("did you mean 'limit'?");
    expect(() => queryParameters("__proto__=1", known)).toThrow(HttpProblem);
  });
});
