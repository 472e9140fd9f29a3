import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Cql2Error,
  type PropertyColumn,
  parseJson,
  parseJsonText,
  parseText,
  toJson,
  toSql,
  toText,
} from "../src/index.ts";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import { PAIRS } from "./own-pairs.ts";
import { cities } from "./sample-context.ts";

/** Runs a function that must not throw any other error than a Cql2Error. */
function runs(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof Cql2Error) return false;
    throw error;
  }
}

/** Has a property of every name. The name determines the type. */
class AnyProperty extends Map<string, PropertyColumn> {
  override get(column: string): PropertyColumn {
    const types = [...cities.properties.values()];
    const code = [...column].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
    return { ...(types[code % types.length] as PropertyColumn), column };
  }
}

const LIMITS = { maxLength: 1e6, maxDepth: 200, maxNodes: 1e6, maxVertices: 1e6 };

describe("any filter", () => {
  it("is unchanged after conversion to text and back", () => {
    fc.assert(
      fc.property(arbitraryFilter, (tree) => {
        expect(parseText(toText(tree), LIMITS)).toEqual(tree);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is unchanged after conversion to JSON and back, as a value and as text", () => {
    fc.assert(
      fc.property(arbitraryFilter, (tree) => {
        expect(parseJson(toJson(tree), LIMITS)).toEqual(tree);
        expect(parseJsonText(JSON.stringify(toJson(tree)), LIMITS)).toEqual(tree);
      }),
      { numRuns: 2_000 },
    );
  });

  it("compiles or is refused with a Cql2Error; the SQL never contains its values", () => {
    let compiled = 0;
    fc.assert(
      fc.property(arbitraryFilter, (tree) => {
        runs(() => {
          const { text, values } = toSql(tree, { ...cities, properties: new AnyProperty() });
          const unquotedText = text
            .replace(/"(?:[^"]|"")*"/g, "")
            .replace(/ESCAPE '\\'|'-?infinity'/g, "");
          expect(new Set(unquotedText.match(/\$\d+/g)).size).toBe(values.length);
          expect(unquotedText).not.toContain("'");
          compiled += 1;
        });
      }),
      { numRuns: 5_000 },
    );
    expect(compiled).toBeGreaterThan(500);
  });
});

describe("hostile input", () => {
  const texts = PAIRS.map(([text]) => text);
  const noise = fc.constantFrom(..."()'\",.=<>+-*/%^ \0\\aZ09é\n", "AND ", " NOT ", "POINT(", "..");
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), noise), {
    minLength: 1,
    maxLength: 4,
  });
  const mutated = fc.tuple(fc.constantFrom(...texts), edits).map(([text, changes]) =>
    changes.reduce((result, [place, removed, inserted]) => {
      const at = place % (result.length + 1);
      return result.slice(0, at) + inserted + result.slice(at + removed);
    }, text),
  );

  it("parses or refuses mutated and random text", () => {
    const input = fc.oneof(mutated, fc.string({ unit: "binary" }), fc.string());
    fc.assert(
      fc.property(input, (text) => {
        runs(() => {
          const tree = parseText(text);
          expect(parseText(toText(tree))).toEqual(tree);
        });
      }),
      { numRuns: 20_000 },
    );
  });

  it("parses or refuses every prefix of a filter", () => {
    for (const text of texts) {
      for (let end = 0; end < text.length; end += 1) runs(() => parseText(text.slice(0, end)));
    }
  });

  it("ignores nothing before or after a filter", () => {
    const rest = [
      ")",
      " )",
      "]",
      ";",
      " --",
      " /* */",
      "'",
      '"',
      " x",
      " 1",
      "\0",
      " AND",
      " OR",
      ",",
    ];
    const opened = ["(", "NOT (", "'", '"', "x ", "1 ", ", "];
    const filter = fc.oneof(
      fc.constantFrom(...texts),
      arbitraryFilter.map((tree) => toText(tree)),
    );
    fc.assert(
      fc.property(filter, (text) => {
        const tree = parseText(text, LIMITS);
        for (const wrong of [
          ...rest.map((end) => text + end),
          ...opened.map((start) => start + text),
        ]) {
          runs(() => expect(parseText(wrong, LIMITS), wrong).not.toEqual(tree));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("parses or refuses any JSON", () => {
    const key = fc.constantFrom("op", "args", "property", "date", "interval", "type", "bbox", "x");
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.constantFrom("=", "and", "in", "Point", "like", "s_within", "2020-01-01", ".."),
        fc.array(tie("any"), { maxLength: 3 }),
        fc.dictionary(key, tie("any"), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (json) => {
        runs(() => parseJson(json));
      }),
      { numRuns: 10_000 },
    );
  });

  it("parses in linear time", () => {
    const long = "x".repeat(8_000);
    const hostile = [
      "(".repeat(16_000),
      "'".repeat(16_000),
      "\\'".repeat(8_000),
      `a='${"\\'".repeat(8_000)}`,
      "-".repeat(16_000),
      "1".repeat(16_000),
      `a=${"9".repeat(16_000)}`,
      `a=0.${"9".repeat(16_000)}`,
      " ".repeat(16_000),
      `${long}(${long.slice(1)}`,
      "a=1 AND ".repeat(2_000),
      `${"f(".repeat(60)}a${",(1)".repeat(3_000)}`,
    ];
    // CPU time, because the elapsed time includes other processes on a busy machine.
    const start = process.cpuUsage();
    for (const text of hostile) runs(() => parseText(text));
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
});
