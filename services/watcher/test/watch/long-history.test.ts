import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pollNow } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { startNats } from "@honua/testing/nats";
import { expect, test } from "vitest";
import { createGitRemote } from "../fixtures/git-remote.ts";
import { importLongHistory } from "../fixtures/long-history.ts";
import {
  collectDetections,
  createFakeState,
  liveOf,
  openBus,
  startWatcher,
} from "../fixtures/running-watcher.ts";

test("limits the git commands and objects of a poll with 100 000 commits and 10 000 files", {
  timeout: 240_000,
}, async () => {
  const remote = createGitRemote();
  await importLongHistory(remote.bare, { commits: 100_000, files: 10_000 });
  remote.git("fetch", "--quiet", "--depth=1", remote.url, "main");
  remote.git("reset", "--quiet", "--hard", "FETCH_HEAD");
  const nats = await startNats();
  const bus = await openBus(nats.url);
  const state = createFakeState(bus);
  state.start();
  const production = collectDetections(bus, "production");
  const mirrorsDirectory = join(remote.directory, "mirrors");
  const { url } = remote;
  const watcher = await startWatcher({ bus, url, mirrorsDirectory, pollIntervalMs: 3_600_000 });
  try {
    const first = await eventually("the first commit", () => production.detections[0], 180_000);
    state.setSituation("production", liveOf(first));
    const mirror = join(mirrorsDirectory, readdirSync(mirrorsDirectory)[0] ?? "");

    /** The git commands of one poll, and the objects that it fetched. */
    async function costOfPoll() {
      const before = objectsIn(mirror);
      watcher.commands.length = 0;
      const polled = await bus.call(
        pollNow,
        { environment: "production", requestedBy: "test" },
        { timeoutMs: 60_000 },
      );
      const network = watcher.commands.filter((args) =>
        args.some((word) => word === "ls-remote" || word === "fetch"),
      );
      return {
        ...polled,
        commands: watcher.commands.length,
        network: network.length,
        objects: objectsIn(mirror) - before,
      };
    }

    await costOfPoll();
    expect(await costOfPoll()).toMatchObject({
      detected: false,
      commands: 1,
      network: 1,
      objects: 0,
    });

    remote.write("environments/staging/7/layer-700.json", '{ "changed": true }');
    remote.push("another environment");
    // The commit and its trees: /, environments, staging, 7. No blob.
    expect(await costOfPoll()).toMatchObject({ detected: false, network: 2, objects: 5 });

    remote.write("environments/production/metadata.json", '{ "changed": true }');
    remote.push("production");
    // ls-remote, the commit with its trees (/, environments, production), and one blob.
    expect(await costOfPoll()).toMatchObject({ detected: true, network: 3, objects: 5 });
    const second = await eventually("the second commit", () => production.detections[1]);
    expect(second.changedFiles).toEqual(["environments/production/metadata.json"]);
    expect(second.historyRewritten).toBe(false);
  } finally {
    await watcher.stop();
    await production.stop();
    await bus.close();
    await nats.stop();
    remote.delete();
  }
});

/** Objects of the mirror, each counted once: a thin pack repeats the bases of its deltas. */
function objectsIn(mirror: string): number {
  const listing = ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=."];
  const stdio = ["ignore", "pipe", "ignore"] as const;
  const options = { cwd: mirror, maxBuffer: 64 * 1024 * 1024, stdio: [...stdio] };
  return execFileSync("git", listing, options).length / 2;
}
