import { describe, expect, it } from "vitest";
import { parseTableName } from "../src/index.ts";

describe("parseTableName", () => {
  it.each([
    ["cities", "public", "cities"],
    ["gis.cities", "gis", "cities"],
    ["Gis.Cities", "Gis", "Cities"],
    ['"My Schema"."My.Table"', "My Schema", "My.Table"],
    ['gis."say ""hi"""', "gis", 'say "hi"'],
    ["straßen_2024", "public", "straßen_2024"],
    [" gis.cities ", "gis", "cities"],
  ])("reads %s", (text, schema, name) => {
    expect(parseTableName(text)).toEqual({ schema, name });
  });

  it.each([[""], ["a.b.c"], ["a."], [".a"], ["a b"], ["1a"], ['"a'], ['""'], ["a;drop table b"]])(
    "refuses %j",
    (text) => {
      expect(parseTableName(text)).toBeUndefined();
    },
  );
});
