import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseContents, parseSizes } from "../../src/git/cat-file-output.ts";
import { id } from "../fixtures/tree-entries.ts";

describe("output of git cat-file", () => {
  test("parseSizes omits missing objects", () => {
    expect(parseSizes(`${id("a")} blob 12\n${id("b")} missing\n`)).toEqual(
      new Map([[id("a"), 12]]),
    );
  });

  test("parseContents returns any bytes unchanged", () => {
    const objects = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 });
    fc.assert(
      fc.property(objects, (contents) => {
        const name = (index: number) => index.toString(16).padStart(40, "0");
        const output = contents.flatMap((content, index) => [
          Buffer.from(`${name(index)} blob ${content.length}\n`),
          content,
          Buffer.from("\n"),
        ]);
        const read = parseContents(Buffer.concat(output));
        expect([...read.values()].map((content) => [...content])).toEqual(
          contents.map((content) => [...content]),
        );
      }),
    );
  });

  test("parseContents refuses missing objects and output that ends early", () => {
    expect(() => parseContents(Buffer.from(`${id("a")} missing\n`))).toThrow(/missing/);
    expect(() => parseContents(Buffer.from(`${id("a")} blob 9\nshort\n`))).toThrow(/blob 9/);
  });
});
