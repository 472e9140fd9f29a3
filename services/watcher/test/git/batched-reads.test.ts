import { expect, test } from "vitest";
import { batchReads } from "../../src/git/batched-reads.ts";
import type { Mirror } from "../../src/git/mirror.ts";

/** A mirror of objects whose id is their size; `bad` cannot be read. */
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

test("combines the reads that arrive while git runs, and reads each object once", async () => {
  const { reads, mirror } = countingMirror();
  const results = await Promise.all(
    [["1", "2"], ["2", "3"], ["4"]].map((ids) => mirror.sizes(ids)),
  );
  expect(reads).toEqual([
    ["1", "2"],
    ["2", "3", "4"],
  ]);
  expect(results.map((sizes) => sizes.get("2"))).toEqual([2, 2, 2]);
  expect(results[2]?.get("4")).toBe(4);
});

test("an unreadable object fails only the reads that need it", async () => {
  const { mirror } = countingMirror();
  const first = mirror.sizes(["1"]);
  const [good, bad] = await Promise.allSettled([mirror.sizes(["2"]), mirror.sizes(["bad"])]);
  await first;
  expect(good).toMatchObject({ status: "fulfilled", value: new Map([["2", 2]]) });
  expect(bad).toMatchObject({ status: "rejected" });
});
