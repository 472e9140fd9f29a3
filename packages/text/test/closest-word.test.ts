import { describe, expect, it } from "vitest";
import { closestWord, didYouMean } from "../src/index.ts";

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
    ["GEOMETRYTYPE", "geometryType"],
  ])("suggests for %s the word %s", (word, known) => {
    expect(closestWord(word, KEYS)).toBe(known);
  });

  it.each([["colour"], ["x"], ["style"], [""]])("suggests nothing for %j", (word) => {
    expect(closestWord(word, KEYS)).toBeUndefined();
  });

  it("prefers the first of two known words at the same distance", () => {
    expect(closestWord("id", ["fid", "gid"])).toBe("fid");
  });

  it("suggests nothing for a word of more than 128 characters", () => {
    expect(closestWord("a".repeat(128), ["a".repeat(127)])).toBe("a".repeat(127));
    expect(closestWord("a".repeat(129), ["a".repeat(129)])).toBeUndefined();
  });

  it("compares long words with 1,000 long words in less than a second of CPU time", () => {
    const known = Array.from({ length: 1_000 }, (_, n) => `${"b".repeat(120)}${n}`);
    const start = process.cpuUsage();
    expect(closestWord("a".repeat(122), known)).toBeUndefined();
    expect(closestWord("a".repeat(3_000), known)).toBeUndefined();
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});

describe("didYouMean", () => {
  it("asks a question, or nothing", () => {
    expect(didYouMean("sird", KEYS)).toBe('Did you mean "srid"?');
    expect(didYouMean("colour", KEYS)).toBeUndefined();
  });
});
