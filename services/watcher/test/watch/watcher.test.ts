import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle, pollNow, watchCursorsBucket, watcherStatus } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createGitRemote, type GitRemote } from "../fixtures/git-remote.ts";
import {
  collectDetections,
  createFakeState,
  liveOf,
  openBus,
  startWatcher,
} from "../fixtures/running-watcher.ts";

let nats: RunningNats;
let bus: Bus;
let remote: GitRemote;
let state: ReturnType<typeof createFakeState>;
let production: ReturnType<typeof collectDetections>;
const cleanups: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  nats = await startNats();
  bus = await openBus(nats.url);
  remote = createGitRemote();
  state = createFakeState(bus);
  state.start();
  production = collectDetections(bus, "production");
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await production.stop();
  await bus.close();
  await nats.stop();
  remote.delete();
});

/** Starts a watcher that stops with the test. */
async function watch(options: Partial<Parameters<typeof startWatcher>[0]> = {}) {
  const started = await startWatcher({ bus, url: remote.url, ...options });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= started.stop());
  cleanups.push(stop);
  return { ...started, stop };
}

function firstCommit(): string {
  remote.write("environments/production/metadata.json", '{ "services": [] }\n');
  remote.write("environments/common/settings.json", "{}\n");
  remote.write("environments/staging/metadata.json", "{}\n");
  remote.write(".gitops/deployment-policy.yaml", "kind: DeploymentPolicy\n");
  remote.write("README.md", "not part of any environment\n");
  return remote.push("Initial configuration");
}

const detection = (count = 1) =>
  eventually(`${count} published commit(s)`, () => production.detections[count - 1]);

/** Waits for two complete polls. */
async function twoPolls() {
  await bus.call(pollNow, { environment: "production", requestedBy: "test" });
  await bus.call(pollNow, { environment: "production", requestedBy: "test" });
}

test("publishes the head with every file of the environment at the first start", async () => {
  const commit = firstCommit();
  const watcher = await watch();
  const detected = await detection();
  expect(detected).toMatchObject({
    commit: {
      id: commit,
      repository: remote.url,
      branch: "main",
      author: { name: "Ana Sol", email: "ana@example.com" },
      committer: { name: "Ben Rey", email: "ben@example.com" },
      message: "Initial configuration",
    },
    previousCommit: null,
    historyRewritten: false,
    detectedBy: "start",
  });
  const text = await (await bus.objects("bundles")).get(detected.bundle.digest);
  expect(createHash("sha256").update(text).digest("hex")).toBe(detected.bundle.digest);
  expect(Buffer.byteLength(text)).toBe(detected.bundle.bytes);
  expect(bundle.parse(JSON.parse(text))).toEqual({
    environment: "production",
    files: [
      { path: ".gitops/deployment-policy.yaml", content: "kind: DeploymentPolicy\n" },
      { path: "environments/common/settings.json", content: "{}\n" },
      { path: "environments/production/metadata.json", content: '{ "services": [] }\n' },
    ],
  });
  const cursor = await eventually("the cursor", async () =>
    (await bus.bucket(watchCursorsBucket)).get("production"),
  );
  expect(cursor.value).toMatchObject({ commit, treeHash: detected.treeHash });
  expect(watcher.status("production")).toMatchObject({ status: "Healthy", code: null, commit });
  expect(watcher.lines.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining([
      "GitWatcher started. Watching branch 'main' every 0.2 seconds",
      `Initial commit: ${commit}`,
      "Polling for changes on branch 'main'",
      "Found 3 relevant files for environment 'production'",
    ]),
  );
});

test("does not call state at each poll to confirm a publication", async () => {
  firstCommit();
  await watch();
  await detection();
  await twoPolls();
  expect(state.situationCalls).toEqual(["production"]);
});

test("fetches missing blobs in one request", async () => {
  for (let i = 0; i < 50; i++) remote.write(`environments/production/${i}.json`, `{"i":${i}}`);
  firstCommit();
  const { commands } = await watch();
  await detection();
  const fetches = commands.filter((args) => args.includes("fetch"));
  expect(fetches.filter((args) => args.includes("--stdin"))).toHaveLength(1);
  expect(fetches).toHaveLength(2);
});

test("publishes a commit that touches the environment, with the changed files", async () => {
  const first = firstCommit();
  const watcher = await watch();
  state.setSituation("production", liveOf(await detection()));
  remote.write("environments/production/datasources.json", "[]");
  remote.write("README.md", "changed");
  remote.remove("environments/common/settings.json");
  const second = remote.push("feat: Add a datasource\n\nWith a body.");
  const detected = await detection(2);
  expect(detected).toMatchObject({
    commit: { id: second, message: "feat: Add a datasource\n\nWith a body." },
    previousCommit: first,
    changedFiles: ["environments/common/settings.json", "environments/production/datasources.json"],
    historyRewritten: false,
    detectedBy: "poll",
  });
  expect(watcher.lines.filter(({ level }) => level === "info").map(({ msg }) => msg)).toEqual(
    expect.arrayContaining([
      `Detected new commit: ${first.slice(0, 6)} -> ${second.slice(0, 6)}`,
      "Commit by: Ana Sol",
      "Message: feat: Add a datasource",
      "Changed files: 3",
      "Found 2 relevant files for environment 'production'",
    ]),
  );
});

test("only moves the cursor for a commit of another environment", async () => {
  firstCommit();
  await watch();
  state.setSituation("production", liveOf(await detection()));
  remote.write("environments/staging/metadata.json", '{ "changed": true }');
  const second = remote.push("staging only");
  await eventually("the cursor at the new commit", async () => {
    const cursor = await (await bus.bucket(watchCursorsBucket)).get("production");
    return cursor?.value.commit === second;
  });
  await twoPolls();
  expect(production.detections).toHaveLength(1);
  expect(state.seen).toContainEqual({ environment: "production", commit: second, branch: "main" });
});

test("publishes nothing at start if state already has the content", async () => {
  const commit = firstCommit();
  const first = await watch();
  const detected = await detection();
  await first.stop();
  state.setSituation("production", liveOf(detected));
  await (await bus.bucket(watchCursorsBucket)).delete("production");
  const second = await watch();
  await eventually("a healthy poll", () => second.status("production").commit === commit);
  await twoPolls();
  expect(production.detections).toHaveLength(1);
});

test("publishes commits that were pushed while it was stopped", async () => {
  firstCommit();
  const first = await watch();
  const detected = await detection();
  state.setSituation("production", liveOf(detected));
  await first.stop();
  remote.write("environments/production/metadata.json", '{ "services": [1] }');
  const commit = remote.push("while the watcher is stopped");
  await watch();
  expect(await detection(2)).toMatchObject({
    commit: { id: commit },
    previousCommit: detected.commit.id,
    detectedBy: "start",
  });
});

test("publishes every change of a branch that goes back and forth within the deduplication window", async () => {
  const first = firstCommit();
  await watch();
  await detection();
  remote.write("environments/production/metadata.json", '{ "v": 2 }');
  const second = remote.push("v2");
  await detection(2);
  remote.git("push", "--quiet", "--force", "origin", `${first}:main`);
  expect(await detection(3)).toMatchObject({ commit: { id: first }, historyRewritten: true });
  remote.git("push", "--quiet", "origin", `${second}:main`);
  expect(await detection(4)).toMatchObject({ commit: { id: second }, historyRewritten: false });
});

test("publishes the new head of a rewritten history and marks it", async () => {
  firstCommit();
  await watch();
  const old = await detection();
  remote.write("environments/production/metadata.json", '{ "rewritten": true }');
  remote.git("commit", "--quiet", "--all", "--amend", "--message", "rewritten");
  const commit = remote.push("on top", { force: true });
  expect(await detection(2)).toMatchObject({
    commit: { id: commit },
    previousCommit: old.commit.id,
    historyRewritten: true,
    changedFiles: ["environments/production/metadata.json"],
  });
});

test("reports a missing branch with similar names, and recovers once it exists", async () => {
  const commit = firstCommit();
  const watcher = await watch({ sources: [{ environment: "production", branch: "mains" }] });
  const status = await eventually("the reason", () => {
    const current = watcher.status("production");
    return current.code === "branch-missing" && current;
  });
  expect(status.status).toBe("Unhealthy");
  expect(status.reason).toMatch(/no branch 'mains'\. Similar branches: 'main'\. Create/);
  remote.git("push", "--quiet", "origin", `${commit}:refs/heads/mains`);
  await detection();
  await eventually("health", () => watcher.status("production").status === "Healthy");
  expect(watcher.lines).toContainEqual({
    level: "info",
    msg: "Watching 'production' recovered",
    code: "branch-missing",
  });
});

test("reports an empty repository", async () => {
  const watcher = await watch();
  await eventually("it", () => watcher.status("production").code === "repository-empty");
  firstCommit();
  await detection();
});

test("recovers when a repository that disappeared is back", async () => {
  firstCommit();
  const watcher = await watch();
  await detection();
  renameSync(remote.bare, `${remote.bare}-gone`);
  await eventually("it", () => watcher.status("production").code === "not-a-repository");
  expect(watcher.status("production").commit).not.toBeNull();
  renameSync(`${remote.bare}-gone`, remote.bare);
  remote.write("environments/production/metadata.json", '{ "back": true }');
  const commit = remote.push("back");
  expect((await detection(2)).commit.id).toBe(commit);
});

test.each([
  ["symlink-refused", () => remote.symlink("environments/production/link.json", "/etc/passwd")],
  [
    "submodule-refused",
    () => {
      const at = "environments/production/module";
      const add = ["submodule", "add", "--quiet", remote.bare, at];
      remote.git("-c", "protocol.file.allow=always", ...add);
    },
  ],
  ["path-refused", () => remote.write("environments/production/a\\b.json", "{}")],
  [
    "not-text",
    () => remote.write("environments/production/x.bin", Buffer.from([0xff, 0xfe, 0x41])),
  ],
  [
    "bundle-too-big",
    () => {
      for (const i of [1, 2]) {
        remote.write(`environments/production/${i}.json`, String(i).repeat(9 * 1024 * 1024));
      }
    },
  ],
  [
    "too-many-files",
    () => {
      for (let i = 0; i < 2_000; i++) remote.write(`environments/production/${i}.json`, `${i}`);
    },
  ],
  ["environment-missing", () => remote.remove("environments/production")],
])("%s: refuses the content until a commit corrects it", async (code, spoil) => {
  firstCommit();
  const watcher = await watch();
  await detection();
  spoil();
  remote.push("spoiled");
  const status = await eventually("the reason", () => {
    const current = watcher.status("production");
    return current.code === code && current;
  });
  expect(status.status).toBe("Unhealthy");
  expect(state.refused).toMatchObject([{ environment: "production", code }]);
  remote.git("rm", "-r", "--quiet", "--ignore-unmatch", "environments/production");
  remote.write("environments/production/metadata.json", '{ "corrected": true }');
  const commit = remote.push("corrected");
  expect((await detection(2)).commit.id).toBe(commit);
  expect(watcher.lines.filter((line) => line.level === "error")).toHaveLength(1);
});

test("asks the remote once per poll for two environments of one repository", async () => {
  firstCommit();
  const staging = collectDetections(bus, "staging");
  cleanups.push(staging.stop);
  const sources = [{ environment: "production" }, { environment: "staging" }];
  const { commands } = await watch({ sources, pollIntervalMs: 60_000 });
  await detection();
  await eventually("staging", () => staging.detections[0]);
  await twoPolls();
  expect(commands.filter(([name]) => name === "ls-remote")).toHaveLength(3);
});

test("follows several branches of one repository", async () => {
  const main = firstCommit();
  const staging = collectDetections(bus, "staging");
  cleanups.push(staging.stop);
  remote.write("environments/staging/metadata.json", '{ "next": true }');
  const next = remote.push("next", { branch: "next" });
  await watch({
    sources: [{ environment: "production" }, { environment: "staging", branch: "next" }],
  });
  expect((await detection()).commit.id).toBe(main);
  const detected = await eventually("staging", () => staging.detections[0]);
  expect(detected.commit).toMatchObject({ id: next, branch: "next" });
});

test("publishes a commit once with several watchers", async () => {
  firstCommit();
  const watchers = await Promise.all([watch(), watch(), watch()]);
  state.setSituation("production", liveOf(await detection()));
  remote.write("environments/production/metadata.json", '{ "v": 2 }');
  const commit = remote.push("v2");
  await detection(2);
  for (const watcher of watchers) {
    await eventually("each watcher", () => watcher.status("production").commit === commit);
  }
  await twoPolls();
  expect(production.detections).toHaveLength(2);
});

test("publishes again after a restart if the broker lost its store before state had the commit", async () => {
  firstCommit();
  const first = await watch();
  const lost = await detection();
  await first.stop();
  await production.stop();
  await nats.restart({ wipe: true });
  production = collectDetections(bus, "production");
  await watch();
  expect((await detection()).commit.id).toBe(lost.commit.id);
});

test("waits for state, and continues as soon as it responds", async () => {
  await state.stop();
  firstCommit();
  const watcher = await watch({ pollIntervalMs: 30_000 });
  await eventually("it", () => watcher.status("production").code === "state-unavailable");
  expect(watcher.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  state.start();
  await detection();
});

test("publishes an unchanged head again on request, under a new id", async () => {
  const commit = firstCommit();
  await watch({ pollIntervalMs: 60_000 });
  const first = await detection();
  const request = { environment: "production", requestedBy: "user:ana" };
  expect(await bus.call(pollNow, request)).toEqual({ commit, detected: false });
  expect(await bus.call(pollNow, { ...request, force: true })).toEqual({ commit, detected: true });
  const second = await detection(2);
  expect(second).toMatchObject({ detectedBy: "sync", treeHash: first.treeHash });
  await expect(bus.call(pollNow, { ...request, environment: "other" })).rejects.toMatchObject({
    kind: "permanent",
    code: "not-found",
  });
  const { sources } = await bus.call(watcherStatus, {});
  expect(sources).toMatchObject([{ environment: "production", status: "Healthy", commit }]);
});

test("publishes a head for a plan, and still deploys it at the next regular poll", async () => {
  firstCommit();
  await watch({ pollIntervalMs: 4_000 });
  const first = await detection();
  state.setSituation("production", liveOf(first));
  remote.write("environments/production/metadata.json", '{ "services": [], "title": "x" }\n');
  const commit = remote.push("not polled yet");
  const request = { environment: "production", requestedBy: "user:ana", dryRun: true };
  const planRequest = await bus.call(pollNow, request);
  expect(planRequest).toMatchObject({ commit, detected: true });
  const planned = await detection(2);
  expect(planned).toMatchObject({
    id: planRequest.requestId,
    commit: { id: commit },
    dryRun: true,
    forced: false,
    requestedBy: "user:ana",
  });
  // Repeated requests for plans do not postpone the regular poll.
  let requests = 1;
  while (!production.detections.some(({ dryRun }, index) => index > 0 && !dryRun)) {
    await bus.call(pollNow, request);
    requests += 1;
    expect(requests).toBeLessThan(2_000);
  }
  const real = production.detections.find(({ dryRun }, index) => index > 0 && !dryRun);
  expect(real).toMatchObject({ commit: { id: commit }, forced: false, detectedBy: "poll" });
  expect(real?.previousCommit).toBe(first.commit.id);
});

test("a requested poll returns the reason for its failure", async () => {
  await watch({ pollIntervalMs: 60_000 });
  const poll = bus.call(pollNow, { environment: "production", requestedBy: "user:ana" });
  await expect(poll).rejects.toMatchObject({ code: "repository-empty" });
});

test("publishes a first commit that does not touch the environment", async () => {
  firstCommit();
  const head = remote.push("nothing in it");
  await watch();
  expect(await detection()).toMatchObject({ commit: { id: head }, bundle: { files: 3 } });
});

test("rebuilds a damaged mirror", async () => {
  firstCommit();
  const mirrorsDirectory = join(remote.directory, "mirrors");
  const first = await watch({ mirrorsDirectory });
  state.setSituation("production", liveOf(await detection()));
  await first.stop();
  const [mirror = ""] = readdirSync(mirrorsDirectory);
  rmSync(join(mirrorsDirectory, mirror, "objects"), { recursive: true });
  mkdirSync(join(mirrorsDirectory, mirror, "objects"));
  const second = await watch({ mirrorsDirectory });
  await eventually("health", () => second.status("production").status === "Healthy");
  expect(second.lines).toContainEqual({
    level: "warn",
    msg: "The mirror is damaged; rebuilding it",
  });
});

test("stops immediately between polls", async () => {
  firstCommit();
  const watcher = await watch({ pollIntervalMs: 60_000 });
  await detection();
  const before = performance.now();
  await watcher.stop();
  // Far less than the interval, even on a busy machine.
  expect(performance.now() - before).toBeLessThan(20_000);
});

test("publishes again if the broker loses a commit while the watcher runs", async () => {
  firstCommit();
  let later = 0;
  const watcher = await watch({ clock: { now: () => new Date(Date.now() + later) } });
  const lost = await detection();
  await production.stop();
  await nats.restart({ wipe: true });
  production = collectDetections(bus, "production");
  later = 61_000;
  const again = await detection();
  expect(again).toMatchObject({ commit: { id: lost.commit.id }, bundle: lost.bundle });
  expect(again.id).not.toBe(lost.id);
  state.setSituation("production", liveOf(again));
  await eventually("the confirmation", () => watcher.status("production").status === "Healthy");
  later = 600_000;
  await twoPolls();
  expect(production.detections).toHaveLength(1);
});
