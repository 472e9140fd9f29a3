import { expect, it } from "vitest";
import { parseGeojson } from "../../src/html/parse-geojson.ts";

it("keeps the digits that a JavaScript number would lose", () => {
  expect(
    parseGeojson(
      '{"id":9007199254740993,"n":12345678901234567890.5,"m":1.5,"t":"9007199254740993"}',
    ),
  ).toEqual({ id: "9007199254740993", n: "12345678901234567890.5", m: 1.5, t: "9007199254740993" });
});

it("reads other numbers as they are", () => {
  expect(parseGeojson('{"id":7,"n":-5.1234567}')).toEqual({ id: 7, n: -5.1234567 });
});
