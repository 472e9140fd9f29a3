import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkBundleSize, renderBundle } from "../../src/content/bundle.ts";
import { anyTree, file, home, id } from "../fixtures/tree-entries.ts";

describe("renderBundle", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  test("renders the same text for files in any order, with every file in it", () => {
    fc.assert(
      fc.property(anyTree, fc.string({ unit: "grapheme" }), (entries, text) => {
        const clean = text.replaceAll("\0", "");
        const contents = new Map(["a", "b", "c"].map((digit) => [id(digit), bytes(clean + digit)]));
        const bundle = renderBundle("production", entries, contents);
        expect(renderBundle("production", entries.toReversed(), contents)).toEqual(bundle);
        expect(bundle.bytes).toBe(bytes(bundle.text).length);
        const read = JSON.parse(bundle.text) as { files: { path: string; content: string }[] };
        expect(new Map(read.files.map(({ path, content }) => [path, content]))).toEqual(
          new Map(entries.map((entry) => [entry.path, clean + entry.id[0]])),
        );
      }),
    );
  });

  test("renders canonical JSON: members and paths sorted by UTF-16 code unit", () => {
    const contents = new Map([[id("a"), bytes("é\n")]]);
    expect(renderBundle("production", [file("b"), file("B"), file("a")], contents).text).toBe(
      '{"environment":"production","files":[{"content":"é\\n","path":"B"},{"content":"é\\n","path":"a"},{"content":"é\\n","path":"b"}]}',
    );
  });

  test.each([
    ["bytes that are not UTF-8", Uint8Array.of(0xc3, 0x28)],
    ["a NUL, which PostgreSQL cannot store", Uint8Array.of(0x41, 0)],
  ])("refuses %s", (_what, content) => {
    const make = () => renderBundle("production", [home], new Map([[home.id, content]]));
    expect(make).toThrow(/environments\/production\/metadata\.json is not UTF-8 text/);
  });
});

test("checkBundleSize names the largest file, and counts content once for each path", () => {
  const sizes = new Map([[id("a"), 8 * 1024 * 1024]]);
  expect(checkBundleSize("production", [home, file("x")], sizes)).toBe(16 * 1024 * 1024);
  const three = [home, file("x"), file("y", "b")];
  const over = new Map([...sizes, [id("b"), 1]]);
  expect(() => checkBundleSize("production", three, over)).toThrow(
    /16777217 bytes.*metadata\.json/,
  );
});
