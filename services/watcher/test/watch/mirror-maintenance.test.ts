import { createLog } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { expect, test } from "vitest";
import { createMirrorMaintenance } from "../../src/watch/mirror-maintenance.ts";

test("maintains one mirror after the other, even if one fails", async () => {
  const maintained: string[] = [];
  let running = 0;
  const mirror = (directory: string) => ({
    directory,
    async maintain() {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      maintained.push(directory);
      if (directory === "broken") throw new Error("no space");
    },
  });
  const log = createLog({ service: "watcher", instance: "test", level: "silent" });
  const mirrors = ["first", "broken", "last"].map(mirror);
  const maintenance = createMirrorMaintenance({ mirrors, log, firstAfterMs: 1 });
  await maintenance.start();
  await eventually("maintenance of all mirrors", () => maintained.length === 3);
  await maintenance.stop();
  expect(maintained).toEqual(["first", "broken", "last"]);
});
