import { expect, test } from "vitest";
import { batchReads } from "../../src/git/batched-reads.ts";
import type { Mirror } from "../../src/git/mirror.ts";

/** A mirror of objects whose size is the number in their name; `bad` ones cannot be read. */
function countingMirror() {
  const reads: string[][] = [];
  const mirror = {
    async sizes(ids: readonly string[]) {
      reads.push([...ids]);
      await new Promise((resolve) => setImmediate(resolve));
      if (ids.includes("bad")) throw new Error("bad is missing");
      return new Map(ids.map((id) => [id, Number(id)]));
    },
  } as unknown as Mirror;
  return { reads, mirror: batchReads(mirror) };
}

test("what is asked for while git runs is read together, each object once", async () => {
  const { reads, mirror } = countingMirror();
  const answers = await Promise.all(
    [["1", "2"], ["2", "3"], ["4"]].map((ids) => mirror.sizes(ids)),
  );
  expect(reads).toEqual([
    ["1", "2"],
    ["2", "3", "4"],
  ]);
  expect(answers.map((sizes) => sizes.get("2"))).toEqual([2, 2, 2]);
  expect(answers[2]?.get("4")).toBe(4);
});

test("an object that cannot be read fails only those who asked for it", async () => {
  const { mirror } = countingMirror();
  const first = mirror.sizes(["1"]);
  const [good, bad] = await Promise.allSettled([mirror.sizes(["2"]), mirror.sizes(["bad"])]);
  await first;
  expect(good).toMatchObject({ status: "fulfilled", value: new Map([["2", 2]]) });
  expect(bad).toMatchObject({ status: "rejected" });
});
