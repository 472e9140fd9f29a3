import { expect, test } from "vitest";
import { parseHeads, similarBranches } from "../../src/git/branch-heads.ts";

test("parseHeads keeps branches under their full names", () => {
  const id = "a".repeat(40);
  const output = `${id}\trefs/heads/main\n${id}\trefs/heads/x/refs/heads/main\n${id}\trefs/tags/v1\n${id} refs/heads/local\nwarning: noise\n`;
  expect([...parseHeads(output).keys()]).toEqual(["main", "x/refs/heads/main", "local"]);
});

test("similarBranches suggests likely spellings", () => {
  const existing = ["feature/roads", "master", "release-2", "production", "develop"];
  expect(similarBranches("main", existing)).toEqual(["master"]);
  expect(similarBranches("prodution", existing)[0]).toBe("production");
  expect(similarBranches("release", existing)[0]).toBe("release-2");
  expect(similarBranches("zzzz", ["abc"])).toEqual([]);
});
