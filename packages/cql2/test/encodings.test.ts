import { describe, expect, it } from "vitest";
import { parseJson, parseJsonText, parseText, toJson, toText } from "../src/index.ts";
import { PAIRS } from "./own-pairs.ts";

describe("text and JSON", () => {
  it.each(PAIRS)("%s", (text, json) => {
    const tree = parseText(text);
    expect(parseJson(json)).toEqual(tree);
    expect(toJson(tree)).toEqual(json);
    expect(parseText(toText(tree))).toEqual(tree);
  });

  it("covers every operator of the standard", () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(60);
  });

  it("keeps every digit of a number", () => {
    const tree = parseText("a = 9007199254740993 AND b = 0.1000000000000000000001");
    expect(toText(tree)).toBe("a = 9007199254740993 AND b = 0.1000000000000000000001");
    const json = JSON.stringify(toJson(tree));
    expect(json).toContain("9007199254740993");
    expect(parseJsonText(json)).toEqual(tree);
    expect(parseJson(toJson(tree))).toEqual(tree);
  });

  it("writes equal numbers in the same form", () => {
    expect(parseText("a = 1000")).toEqual(parseText("a = 01.000E3"));
    expect(parseText("a = 0.5")).toEqual(parseText("a = +.50"));
  });

  it("omits the bbox of a GeoJSON geometry", () => {
    const point = { type: "Point", coordinates: [1, 2], bbox: [1, 2, 1, 2] };
    const json = { op: "s_equals", args: [{ property: "g" }, point] };
    expect(toText(parseJson(json))).toBe("S_EQUALS(g, POINT(1 2))");
  });

  it("refuses to write a string that ends in a backslash as text", () => {
    const tree = parseJson({ op: "=", args: [{ property: "a" }, "x\\"] });
    expect(() => toText(tree)).toThrow(expect.objectContaining({ code: "not-expressible" }));
  });
});
