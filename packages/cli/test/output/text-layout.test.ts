import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth, truncateText, wrapText } from "../../src/output/text-layout.ts";

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["\u001b[32mabc\u001b[39m", 3],
    ["e\u0301", 1],
    ["北京", 4],
    ["👩‍👩‍👧", 2],
  ])("of %j is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe("truncateText", () => {
  it.each([
    ["short", 10, "short"],
    ["a long text", 7, "a long…"],
    ["🚀🚀🚀", 4, "🚀…"],
    ["ab👩‍👩‍👧cd", 4, "ab…"],
    ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
  ])("shortens %j to %i columns", (text, width, expected) => {
    expect(truncateText(text, width)).toBe(expected);
  });

  it("is never too wide and never cuts a surrogate pair", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, width) => {
        const truncated = truncateText(text, width);
        expect(displayWidth(truncated)).toBeLessThanOrEqual(width);
        expect(truncated.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("wrapText", () => {
  it("breaks lines only at spaces and indents continuation lines", () => {
    expect(wrapText("  one two three four", 10, 2)).toBe("  one two\n    three\n    four");
  });

  it("keeps a word that is wider than the line", () => {
    expect(wrapText("see https://example.com/a/long/path now", 12)).toBe(
      "see\nhttps://example.com/a/long/path\nnow",
    );
  });
});
