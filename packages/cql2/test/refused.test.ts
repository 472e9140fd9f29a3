import { describe, expect, it } from "vitest";
import {
  Cql2Error,
  DEFAULT_LIMITS,
  parseJson,
  parseJsonText,
  parseText,
  toJson,
} from "../src/index.ts";

function errorOf(run: () => unknown): Cql2Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Cql2Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("invalid text", () => {
  it.each([
    ["", "syntax", 0],
    ["   ", "syntax", 3],
    ["a", "syntax", 0],
    ["'a'", "syntax", 0],
    ["a=1 and", "syntax", 7],
    ["a=1 b=2", "syntax", 4],
    ["a=1)", "syntax", 3],
    ["(a=1", "syntax", 0],
    ["a='x", "syntax", 2],
    ['"a=1', "syntax", 0],
    ['""=1', "syntax", 0],
    ["a='x\\'", "syntax", 2],
    ["a='x\\' OR b='y", "syntax", 13],
    ["a=1;", "invalid-character", 3],
    ["a=1 --", "syntax", 6],
    ["a='\0'", "invalid-character", 3],
    ["a\0=1", "invalid-character", 1],
    ["a='\ud800'", "invalid-character", 3],
    ["a==1", "syntax", 2],
    ["a!=1", "invalid-character", 1],
    ["a=1=1", "syntax", 3],
    ["a<b<c", "syntax", 3],
    ["a=5x", "syntax", 3],
    ["a=1e999", "invalid-number", 2],
    ["a=1e-999", "invalid-number", 2],
    ["NOT NOT a=1", "syntax", 4],
    ["a=NULL", "syntax", 2],
    ["a IS 1", "syntax", 5],
    ["a NOT 1", "syntax", 6],
    ["a IN ()", "syntax", 6],
    ["a IN (1,)", "syntax", 8],
    ["a LIKE b", "syntax", 7],
    ["a LIKE CASEI(b)", "syntax", 7],
    ["a BETWEEN 'x' AND 'y'", "syntax", 10],
    ["a BETWEEN 1", "syntax", 11],
    ["a = ('x')", "syntax", 4],
    ["a = (1, 2)", "syntax", 6],
    ["(a=1) = TRUE", "syntax", 0],
    ["a AND b", "syntax", 0],
    ["1 + 'x' = 2", "syntax", 4],
    ["2 ^ 3 ^ 4 = a", "syntax", 6],
    ["a = DATE('2023-02-29')", "invalid-instant", 9],
    ["a = DATE('2023-01-01T00:00:00Z')", "invalid-instant", 4],
    ["a = TIMESTAMP('2023-01-01T24:00:00Z')", "invalid-instant", 14],
    ["a = TIMESTAMP('2023-01-01T00:00:00+01:00')", "invalid-instant", 14],
    ["a = INTERVAL('..','..')", "syntax", 4],
    ["T_AFTER(a, 'x')", "syntax", 11],
    ["S_INTERSECTS(g, 5)", "syntax", 16],
    ["S_INTERSECTS(g)", "syntax", 14],
    ["S_INTERSECTS(g, POINT(1))", "syntax", 23],
    ["S_INTERSECTS(g, POINT(1 2 3 4))", "syntax", 28],
    ["S_INTERSECTS(g, POINT Z (1 2))", "syntax", 25],
    ["S_INTERSECTS(g, LINESTRING(1 2))", "invalid-geometry", 16],
    ["S_INTERSECTS(g, LINESTRING(1 2, 1 2 3))", "invalid-geometry", 16],
    ["S_INTERSECTS(g, POLYGON((0 0, 1 1, 1 0, 0 1)))", "invalid-geometry", 16],
    ["S_INTERSECTS(g, POLYGON((0 0, 1 1, 0 0)))", "invalid-geometry", 16],
    ["S_INTERSECTS(g, POINT EMPTY)", "syntax", 22],
    ["S_INTERSECTS(g, GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 1))))", "invalid-geometry", 35],
    ["S_INTERSECTS(g, BBOX(1,2,3))", "invalid-geometry", 16],
    ["A_CONTAINS(a, 'x')", "syntax", 14],
    ["isNull(a)", "syntax", 0],
    ['"f"(a)', "syntax", 0],
  ])("%j: %s at %i", (text, code, offset) => {
    const error = errorOf(() => parseText(text));
    expect([error.code, error.position]).toEqual([code, expect.objectContaining({ offset })]);
  });

  it("is reported with line and column", () => {
    const error = errorOf(() => parseText("a = 1\nAND b ="));
    expect(error.position).toEqual({ offset: 13, line: 2, column: 8 });
    expect(error.message).toBe("Expected an expression, found the end of the filter.");
  });

  it("is refused if it is too large", () => {
    const wide = { ...DEFAULT_LIMITS, maxLength: 1_000_000 };
    const code = (text: string, limits = wide) => errorOf(() => parseText(text, limits)).code;
    expect(code("(".repeat(100_000), DEFAULT_LIMITS)).toBe("too-long");
    expect(code("(".repeat(100_000))).toBe("too-deep");
    expect(code(`${"NOT (".repeat(100)}a=1${")".repeat(100)}`)).toBe("too-deep");
    expect(code(`a = ${"1+".repeat(100)}1`)).toBe("too-deep");
    expect(code(`a = ${"-".repeat(90_000)}1`)).toBe("syntax");
    expect(code(`a IN (${"1,".repeat(5_000)}1)`)).toBe("too-many-nodes");
    const line = `S_EQUALS(g, LINESTRING(${"1 2,".repeat(10_001)}1 2))`;
    expect(code(line)).toBe("too-many-vertices");
    expect(code(line, DEFAULT_LIMITS)).toBe("too-long");
  });
});

describe("invalid JSON", () => {
  const a = { property: "a" };
  it.each<[unknown, string, string]>([
    [null, "syntax", ""],
    [undefined, "syntax", ""],
    ["x", "syntax", ""],
    [a, "syntax", ""],
    [{}, "syntax", ""],
    [[], "syntax", ""],
    [{ op: "=" }, "syntax", "/args"],
    [{ op: "=", args: [a] }, "syntax", "/args"],
    [{ op: "=", args: [a, 1, 2] }, "syntax", "/args"],
    [{ op: "=", args: [a, null] }, "syntax", "/args/1"],
    [{ op: "=", args: [a, Number.NaN] }, "invalid-number", "/args/1"],
    [{ op: "=", args: [a, "\0"] }, "invalid-character", "/args/1"],
    [{ op: "=", args: [a, 1], not: true }, "syntax", "/not"],
    [{ op: "=", args: [{ property: "a", x: 1 }, 1] }, "syntax", "/args/0/x"],
    [{ op: "=", args: [{ property: "" }, 1] }, "syntax", "/args/0/property"],
    [{ op: "=", args: [a, [1]] }, "syntax", "/args/1"],
    [{ op: "and", args: [true] }, "syntax", "/args"],
    [{ op: "AND", args: [true, true] }, "syntax", "/op"],
    [{ op: "S_INTERSECTS", args: [a, a] }, "syntax", "/op"],
    [{ op: "my function", args: [] }, "syntax", "/op"],
    [{ op: "date", args: [] }, "syntax", "/op"],
    [{ op: 5, args: [] }, "syntax", "/op"],
    [{ op: "in", args: [a, []] }, "syntax", "/args/1"],
    [{ op: "in", args: [a, 1] }, "syntax", "/args/1"],
    [{ op: "like", args: [a, a] }, "syntax", "/args/1"],
    [{ op: "between", args: [a, "x", 2] }, "syntax", "/args/1"],
    [{ op: "t_after", args: [a, { date: "2020-13-01" }] }, "invalid-instant", "/args/1/date"],
    [{ op: "t_after", args: [a, { interval: [".."] }] }, "syntax", "/args/1/interval"],
    [{ op: "t_after", args: [a, { interval: ["..", 5] }] }, "syntax", "/args/1/interval/1"],
    [
      { op: "s_equals", args: [a, { type: "Circle", coordinates: [1, 2] }] },
      "invalid-geometry",
      "/args/1/type",
    ],
    [
      { op: "s_equals", args: [a, { type: "Point", coordinates: [1, 2, 3, 4] }] },
      "invalid-geometry",
      "/args/1/coordinates",
    ],
    [
      { op: "s_equals", args: [a, { type: "Point", coordinates: [1, "2"] }] },
      "invalid-geometry",
      "/args/1/coordinates/1",
    ],
    [
      { op: "s_equals", args: [a, { type: "Point", coordinates: [1, 2], crs: {} }] },
      "syntax",
      "/args/1/crs",
    ],
    [{ op: "s_equals", args: [a, { bbox: [1, 2, 3, 4, 5] }] }, "invalid-geometry", "/args/1/bbox"],
  ])("%j: %s at %s", (json, code, pointer) => {
    const error = errorOf(() => parseJson(json));
    expect([error.code, error.position]).toEqual([code, { pointer }]);
  });

  it("is refused if it is too large or not JSON", () => {
    let deep: unknown = true;
    for (let level = 0; level < 10_000; level += 1) deep = { op: "not", args: [deep] };
    expect(errorOf(() => parseJson(deep)).code).toBe("too-deep");
    const many = { op: "in", args: [{ property: "a" }, Array(5_000).fill(1)] };
    expect(errorOf(() => parseJson(many)).code).toBe("too-many-nodes");
    const long = { op: "=", args: [{ property: "a" }, "x".repeat(20_000)] };
    expect(errorOf(() => parseJson(long)).code).toBe("too-long");
    expect(errorOf(() => parseJsonText("[".repeat(100_000))).code).toBe("too-long");
    expect(errorOf(() => parseJsonText("[".repeat(16_000))).code).toBe("syntax");
    expect(errorOf(() => parseJsonText(`${"[".repeat(8_000)}${"]".repeat(8_000)}`)).code).toMatch(
      /too-deep|syntax/,
    );
    expect(errorOf(() => parseJsonText('{"op":')).code).toBe("syntax");
  });

  it("is refused if it has only inherited members", () => {
    const sneaky = JSON.parse('{"__proto__": {"op": "=", "args": [1, 1]}}');
    expect(errorOf(() => parseJson(sneaky)).code).toBe("syntax");
    expect(toJson(parseText("a = 1"))).toEqual({ op: "=", args: [{ property: "a" }, 1] });
  });
});
