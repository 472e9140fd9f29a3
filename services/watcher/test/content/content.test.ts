import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleText, checkedSize } from "../../src/content/bundle.ts";
import { parseCommit } from "../../src/content/commit-facts.ts";
import { indexByFolder } from "../../src/content/folder-index.ts";
import {
  environmentPaths,
  refusalOf,
  type TreeEntry,
  treeHash,
} from "../../src/content/tree-entries.ts";
import { createTreeListing } from "../../src/content/tree-listing.ts";
import { parseContents, parseSizes } from "../../src/git/cat-file-output.ts";

const id = (digit: string) => digit.repeat(40);
const file = (path: string, content = "a"): TreeEntry => ({
  mode: "100644",
  type: "blob",
  id: id(content),
  path,
});
const home = file("environments/production/metadata.json");

const anyPath = fc.array(fc.stringMatching(/^[a-zß-ü ]{1,6}$/), { minLength: 1, maxLength: 4 });
const anyEntry = fc
  .tuple(anyPath, fc.constantFrom("100644", "100755"), fc.constantFrom("a", "b", "c"))
  .map(([names, mode, digit]): TreeEntry => ({ ...file(names.join("/"), digit), mode }));
const anyTree = fc.uniqueArray(anyEntry, { selector: ({ path }) => path, maxLength: 12 });

describe("treeHash", () => {
  test("does not depend on the order of the entries", () => {
    fc.assert(
      fc.property(anyTree, (entries) => {
        expect(treeHash(entries.toReversed())).toBe(treeHash(entries));
      }),
    );
  });

  test("differs whenever the content differs", () => {
    const content = (entries: TreeEntry[]) =>
      JSON.stringify(entries.map(({ mode, id, path }) => [path, mode, id]).sort());
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        expect(treeHash(a) === treeHash(b)).toBe(content(a) === content(b));
      }),
    );
  });
});

describe("a tree listing", () => {
  const output = Buffer.from(
    `100644 blob ${id("a")}\tenvironments/x/é b\n\tc.json\x00160000 commit ${id("b")}\tsub\x00`,
  );

  test("reads records across chunks, with any character but NUL in a path", () => {
    for (let at = 1; at < output.length; at++) {
      const listing = createTreeListing(["environments/x", "sub"], 10);
      expect(listing.add(output.subarray(0, at))).toBe(true);
      expect(listing.add(output.subarray(at))).toBe(true);
      expect(listing.entries()).toEqual([
        { mode: "100644", type: "blob", id: id("a"), path: "environments/x/é b\n\tc.json" },
        { mode: "160000", type: "commit", id: id("b"), path: "sub" },
      ]);
    }
  });

  test("stops at the first folder with more entries than the limit", () => {
    const listing = createTreeListing(["a", "b", "c"], 2);
    const paths = ["a/1", "a/2", "b/1", "b/2", "b/3", "b/4", "c/1"];
    const records = paths.map((path) => `100644 blob ${id("a")}\t${path}\0`).join("");
    expect(listing.add(Buffer.from(records))).toBe(false);
    expect(listing.overfullRoot()).toBe("b");
    expect(listing.entries().map(({ path }) => path)).toEqual(paths.slice(0, 5));
  });
});

test("an index by folder keeps to whole folder names, and to the order", () => {
  const below = indexByFolder(
    [
      ".gitops/deployment-policy.yaml",
      ".gitopsy",
      "environments/common/a.json",
      "environments/prod/metadata.json",
      "environments/production/metadata.json",
    ],
    (path) => path,
  );
  expect(below(environmentPaths("prod"))).toEqual([
    ".gitops/deployment-policy.yaml",
    "environments/common/a.json",
    "environments/prod/metadata.json",
  ]);
  expect(below([".gitopsy"])).toEqual([".gitopsy"]);
});

describe("refusalOf", () => {
  test.each([
    ["symlink-refused", { ...file("environments/production/link"), mode: "120000" }],
    ["submodule-refused", { ...file("environments/common/sub"), mode: "160000" }],
    ["path-refused", file("environments/production/../../etc/passwd")],
    ["path-refused", file("environments/production/a\nb")],
    ["path-refused", file("environments/production/\uFFFD")],
    ["path-refused", file(`environments/production/${"x".repeat(400)}`)],
  ])("%s", (code, entry) => {
    expect(refusalOf("production", [home, entry])).toMatchObject({ code, kind: "permanent" });
  });

  test("an environment needs a folder of its own", () => {
    const code = "environment-missing";
    expect(refusalOf("production", [file("environments/common/a.json")])).toMatchObject({ code });
    expect(refusalOf("production", [file("environments/production")])).toMatchObject({ code });
    expect(refusalOf("production", [home])).toBeUndefined();
  });

  test("2 000 files are allowed, one more is not", () => {
    const files = Array.from({ length: 2_000 }, (_, i) => file(`environments/production/${i}`));
    expect(refusalOf("production", files)).toBeUndefined();
    expect(refusalOf("production", [...files, home])).toMatchObject({ code: "too-many-files" });
  });
});

describe("bundleText", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  test("is the same text for the same files in any order, and gives every file back", () => {
    fc.assert(
      fc.property(anyTree, fc.string({ unit: "grapheme" }), (entries, text) => {
        const clean = text.replaceAll("\0", "");
        const contents = new Map(["a", "b", "c"].map((digit) => [id(digit), bytes(clean + digit)]));
        const made = bundleText("production", entries, contents);
        expect(bundleText("production", entries.toReversed(), contents)).toEqual(made);
        expect(made.bytes).toBe(bytes(made.text).length);
        const read = JSON.parse(made.text) as { files: { path: string; content: string }[] };
        expect(new Map(read.files.map(({ path, content }) => [path, content]))).toEqual(
          new Map(entries.map((entry) => [entry.path, clean + entry.id[0]])),
        );
      }),
    );
  });

  test("is canonical JSON: members and paths sorted by UTF-16 unit", () => {
    const contents = new Map([[id("a"), bytes("é\n")]]);
    expect(bundleText("production", [file("b"), file("B"), file("a")], contents).text).toBe(
      '{"environment":"production","files":[{"content":"é\\n","path":"B"},{"content":"é\\n","path":"a"},{"content":"é\\n","path":"b"}]}',
    );
  });

  test.each([
    ["bytes that are not UTF-8", Uint8Array.of(0xc3, 0x28)],
    ["a NUL, which PostgreSQL cannot store", Uint8Array.of(0x41, 0)],
  ])("refuses %s", (_what, content) => {
    const make = () => bundleText("production", [home], new Map([[home.id, content]]));
    expect(make).toThrow(/environments\/production\/metadata\.json is not a UTF-8 text/);
  });
});

test("checkedSize names the largest file, and counts a content for each path that has it", () => {
  const sizes = new Map([[id("a"), 8 * 1024 * 1024]]);
  expect(checkedSize("production", [home, file("x")], sizes)).toBe(16 * 1024 * 1024);
  const three = [home, file("x"), file("y", "b")];
  const over = new Map([...sizes, [id("b"), 1]]);
  expect(() => checkedSize("production", three, over)).toThrow(/16777217 bytes.*metadata\.json/);
});

describe("git cat-file", () => {
  test("sizes leave out what is missing", () => {
    expect(parseSizes(`${id("a")} blob 12\n${id("b")} missing\n`)).toEqual(
      new Map([[id("a"), 12]]),
    );
  });

  test("contents of any bytes are given back", () => {
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

  test("a missing object or an output that ends early is an error", () => {
    expect(() => parseContents(Buffer.from(`${id("a")} missing\n`))).toThrow(/missing/);
    expect(() => parseContents(Buffer.from(`${id("a")} blob 9\nshort\n`))).toThrow(/blob 9/);
  });
});

test("parseCommit keeps a message with anything in it, and survives an absurd time", () => {
  const output = `${id("a")}\0Ana\0a@x\0Ben\0b@x\0${10 ** 15}\0subject\n\nbody\n\n`;
  expect(parseCommit(output)).toEqual({
    id: id("a"),
    author: { name: "Ana", email: "a@x" },
    committer: { name: "Ben", email: "b@x" },
    message: "subject\n\nbody",
    committedAt: "1970-01-01T00:00:00.000Z",
  });
});
