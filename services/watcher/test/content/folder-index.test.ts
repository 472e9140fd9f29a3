import { expect, test } from "vitest";
import { indexByFolder } from "../../src/content/folder-index.ts";
import { environmentPaths } from "../../src/content/tree-entries.ts";

test("indexByFolder matches whole folder names and keeps the order", () => {
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
