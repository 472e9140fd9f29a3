import { describe, expect, test } from "vitest";
import { createTreeListing } from "../../src/content/tree-listing.ts";
import { id } from "../fixtures/tree-entries.ts";

describe("createTreeListing", () => {
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
