import { expect, it } from "vitest";
import { parseGeojson } from "../../src/html/parse-geojson.ts";

it("keeps digits beyond the precision of a JavaScript number", () => {
  expect(
    parseGeojson(
      '{"id":9007199254740993,"n":12345678901234567890.5,"m":1.5,"t":"9007199254740993"}',
    ),
  ).toEqual({ id: "9007199254740993", n: "12345678901234567890.5", m: 1.5, t: "9007199254740993" });
});

it("parses other numbers as numbers", () => {
  expect(parseGeojson('{"id":7,"n":-5.1234567}')).toEqual({ id: 7, n: -5.1234567 });
});
