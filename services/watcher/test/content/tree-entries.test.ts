import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkEntries, type TreeEntry, treeHash } from "../../src/content/tree-entries.ts";
import { anyTree, file, home } from "../fixtures/tree-entries.ts";

describe("treeHash", () => {
  test("does not depend on the order of the entries", () => {
    fc.assert(
      fc.property(anyTree, (entries) => {
        expect(treeHash(entries.toReversed())).toBe(treeHash(entries));
      }),
    );
  });

  test("differs if and only if the content differs", () => {
    const content = (entries: TreeEntry[]) =>
      JSON.stringify(entries.map(({ mode, id, path }) => [path, mode, id]).sort());
    fc.assert(
      fc.property(anyTree, anyTree, (a, b) => {
        expect(treeHash(a) === treeHash(b)).toBe(content(a) === content(b));
      }),
    );
  });
});

describe("checkEntries", () => {
  test.each([
    ["symlink-refused", { ...file("environments/production/link"), mode: "120000" }],
    ["submodule-refused", { ...file("environments/common/sub"), mode: "160000" }],
    ["path-refused", file("environments/production/../../etc/passwd")],
    ["path-refused", file("environments/production/a\nb")],
    ["path-refused", file("environments/production/\uFFFD")],
    ["path-refused", file(`environments/production/${"x".repeat(400)}`)],
  ])("%s", (code, entry) => {
    expect(checkEntries("production", [home, entry])).toMatchObject({ code, kind: "permanent" });
  });

  test("requires a folder of the environment", () => {
    const code = "environment-missing";
    expect(checkEntries("production", [file("environments/common/a.json")])).toMatchObject({
      code,
    });
    expect(checkEntries("production", [file("environments/production")])).toMatchObject({ code });
    expect(checkEntries("production", [home])).toBeUndefined();
  });

  test("allows 2 000 files and no more", () => {
    const files = Array.from({ length: 2_000 }, (_, i) => file(`environments/production/${i}`));
    expect(checkEntries("production", files)).toBeUndefined();
    expect(checkEntries("production", [...files, home])).toMatchObject({ code: "too-many-files" });
  });
});
