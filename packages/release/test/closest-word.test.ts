import { describe, expect, it } from "vitest";
import { closestWord } from "../src/source/closest-word.ts";

const KEYS = ["geometryColumn", "geometryType", "srid", "table", "title", "idColumn", "id"];

describe("closestWord", () => {
  it.each([
    ["geometryCol", "geometryColumn"],
    ["geomteryType", "geometryType"],
    ["GeometryType", "geometryType"],
    ["sird", "srid"],
    ["tabel", "table"],
    ["titel", "title"],
    ["idcolumn", "idColumn"],
  ])("takes %s for %s", (word, known) => {
    expect(closestWord(word, KEYS)).toBe(known);
  });

  it.each([["colour"], ["x"], ["style"], [""]])("finds nothing near %j", (word) => {
    expect(closestWord(word, KEYS)).toBeUndefined();
  });
});
