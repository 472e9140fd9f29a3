import { expect, test } from "vitest";
import { parseCommit } from "../../src/content/commit-facts.ts";
import { id } from "../fixtures/tree-entries.ts";

test("parseCommit keeps any message, and replaces an impossible date by the epoch", () => {
  const output = `${id("a")}\0Ana\0a@x\0Ben\0b@x\0${10 ** 15}\0subject\n\nbody\n\n`;
  expect(parseCommit(output)).toEqual({
    id: id("a"),
    author: { name: "Ana", email: "a@x" },
    committer: { name: "Ben", email: "b@x" },
    message: "subject\n\nbody",
    committedAt: "1970-01-01T00:00:00.000Z",
  });
});
