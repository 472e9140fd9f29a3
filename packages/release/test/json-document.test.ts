import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJsonDocument } from "../src/source/json-document.ts";

const FILE = "environments/production/metadata.json";
const parse = (text: string) => parseJsonDocument(FILE, text);

describe("the syntax of a JSON file", () => {
  it("is reported with the wording of the runbook, with line and column", () => {
    const { document, problems } = parse('{\n  "a": 1\n  "b": 2\n}');
    expect(document).toBeUndefined();
    expect(problems).toEqual([
      {
        code: "invalid-json",
        message: `Invalid JSON in configuration file ${FILE} at line 3, column 3: expected a comma`,
        file: FILE,
        line: 3,
        column: 3,
      },
    ]);
  });

  it("is reported with all errors together", () => {
    const { problems } = parse('{\n  // why\n  "a": [1, 2,],\n  \'b\': 1 "c": 1\n}');
    expect(problems.map(({ line, column }) => `${line}:${column}`)).toEqual(
      expect.arrayContaining(["2:3", "3:13", "4:3"]),
    );
  });

  it.each([
    ["", "the file is empty", 1, 1],
    ["{", "expected a closing brace '}'", 1, 2],
    ['{"a": 1,\n}', "a comma before a closing bracket is not allowed", 1, 8],
    ["[1, // one\n2]", "comments are not allowed", 1, 5],
    ["[1] 2", "expected the end of the file", 1, 5],
    ['["a\nb"]', "a string is not closed with a double quote", 1, 2],
    ["[True]", "this is not a JSON value (strings need double quotes)", 1, 2],
  ])("explains %j", (text, words, line, column) => {
    const [problem] = parse(text).problems;
    expect(problem).toMatchObject({ line, column });
    expect(problem?.message.endsWith(`: ${words}`)).toBe(true);
  });

  it("allows a byte order mark", () => {
    expect(parse('\uFEFF{"a": 1}').document?.value).toEqual({ a: 1 });
  });

  it("counts CRLF as one line break", () => {
    expect(parse('{\r\n "a": 1\r\n "b": 2\r\n}').problems).toMatchObject([{ line: 3, column: 2 }]);
  });

  it("allows 64 levels of nesting and no more", () => {
    expect(parse("[".repeat(64) + "]".repeat(64)).problems).toEqual([]);
    const { problems } = parse("[".repeat(65) + "]".repeat(65));
    expect(problems).toMatchObject([{ code: "too-deep", line: 1, column: 65 }]);
  });

  it("ignores brackets in strings", () => {
    expect(parse(JSON.stringify(["[".repeat(100), '"{\\'])).problems).toEqual([]);
  });

  it("does not exhaust the stack when deeply nested", () => {
    expect(parse("[".repeat(1_000_000)).problems).toHaveLength(1);
  });

  it("refuses a duplicate key at its second place", () => {
    const { problems } = parse('{"a": {"b": 1,\n "b": 2}}');
    expect(problems).toMatchObject([
      { code: "duplicate-key", line: 2, column: 2, pointer: "/a/b" },
    ]);
    expect(problems[0]?.message).toBe('Duplicate key "b". It is first used in line 1.');
  });

  it.each([['["\\u0000"]'], ['["\\ud800"]'], ['{"\\u0000": 1}']])(
    "refuses characters that cannot be stored: %s",
    (text) => {
      expect(parse(text).problems).toMatchObject([{ code: "invalid-character" }]);
    },
  );

  it("is accepted exactly when JSON.parse accepts it", () => {
    const json = fc.json({ maxDepth: 3 });
    const mutated = fc
      .tuple(json, fc.nat(), fc.constantFrom("", ",", "{", "}", "[", "]", ":", '"', "0", "/*", "x"))
      .map(([text, at, insert]) => {
        const offset = at % (text.length + 1);
        return text.slice(0, offset) + insert + text.slice(offset + (insert === "" ? 1 : 0));
      });
    fc.assert(
      fc.property(fc.oneof(json, mutated), (text) => {
        const { problems } = parse(text);
        const syntax = problems.filter(({ code }) => code === "invalid-json");
        expect(syntax.length === 0).toBe(isJson(text));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the positions in a JSON file", () => {
  const text = '{\n  "services": [\n    { "id": "a", "x/y~": 1 }\n  ]\n}';
  const document = parse(text).document;

  it("are found by JSON pointer", () => {
    expect(document?.locate("")).toMatchObject({ line: 1, column: 1 });
    expect(document?.locate("/services/0")).toMatchObject({ line: 3, column: 5 });
    expect(document?.locate("/services/0/id")).toMatchObject({ line: 3, column: 13 });
    expect(document?.locate("/services/0/x~1y~0")).toMatchObject({ line: 3, column: 26 });
  });

  it("are found for keys", () => {
    expect(document?.locateKey("/services/0/id")).toMatchObject({ line: 3, column: 7 });
    expect(document?.locateKey("/services/0")).toBeUndefined();
  });

  it.each([["services"], ["/services/1"], ["/services/x"], ["/services/0/id/x"]])(
    "are absent for %s",
    (pointer) => {
      expect(document?.locate(pointer)).toBeUndefined();
    },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
