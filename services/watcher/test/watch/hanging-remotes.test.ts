import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createGit, GitFailed } from "../../src/git/git.ts";
import { gitEnvironment } from "../../src/git/git-environment.ts";
import { createMirror, type RemoteDeadlines } from "../../src/git/mirror.ts";
import { createGitRemote, type GitRemote } from "../fixtures/git-remote.ts";
import { startGitSsh } from "../fixtures/git-ssh-server.ts";
import {
  collectDetections,
  createFakeState,
  NO_CREDENTIALS,
  openBus,
  repositoryAt,
  startWatcher,
} from "../fixtures/running-watcher.ts";

const DEADLINES = { listMs: 1_000, fetchMs: 1_500 };

let remote: GitRemote;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  remote = createGitRemote();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  remote.delete();
});

/** Command lines of the processes that mention a text; of our own children in these tests. */
function processesMentioning(text: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return line.includes(text) ? [line] : [];
    } catch {
      return [];
    }
  });
}

const ended = (text: string) =>
  eventually(`the end of the processes with ${text}`, () => processesMentioning(text).length === 0);

function mirrorOf(
  url: string,
  options: { path?: string; silenceMs?: number; deadlines?: RemoteDeadlines } = {},
) {
  const { path = process.env.PATH, silenceMs = 60_000, deadlines = DEADLINES } = options;
  const mirrorsDirectory = join(remote.directory, "mirrors");
  const environment = gitEnvironment({
    repository: repositoryAt(url),
    credentials: NO_CREDENTIALS,
    mirrorsDirectory,
    surroundings: { PATH: path },
  });
  const git = createGit({ environment, stop: new AbortController().signal, silenceMs });
  return createMirror({ git, url, mirrorsDirectory, deadlines });
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof GitFailed ? error : undefined),
  );

describe("a server that accepts connections and stays silent", () => {
  async function listenSilently(): Promise<number> {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      cleanups.push(() => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  test.each(["https", "ssh"])("over %s: the command ends at its deadline", async (protocol) => {
    const port = await listenSilently();
    const user = protocol === "ssh" ? "git@" : "";
    const mirror = mirrorOf(`${protocol}://${user}127.0.0.1:${port}/gis.git`);
    const started = performance.now();
    expect(await failureOf(mirror.remoteHeads(["main"]))).toMatchObject({ why: "timeout" });
    // Git itself would wait for minutes. Starting processes takes seconds on a busy machine.
    expect(performance.now() - started).toBeLessThan(DEADLINES.listMs + 15_000);
    await ended(`:${port}/gis.git`);
    await ended(`-p ${port} `);
  });
});

describe("a fetch that stalls in the middle of a pack", { timeout: 120_000 }, () => {
  /** An `ssh` on PATH that runs the command here and sends only the beginning of its output. */
  function stallingSsh(bytes: number): string {
    const bin = join(remote.directory, "bin");
    mkdirSync(bin);
    writeFileSync(
      join(bin, "stall.mjs"),
      `let sent = 0;
      process.stdin.on("data", (chunk) => {
        const part = chunk.subarray(0, ${bytes} - sent);
        sent += part.length;
        process.stdout.write(part);
        if (sent >= ${bytes}) setInterval(() => {}, 60_000);
      });`,
    );
    const script = `#!/bin/sh\nfor command; do :; done\nsh -c "$command" | "${process.execPath}" "${bin}/stall.mjs"\n`;
    writeFileSync(join(bin, "ssh"), script);
    chmodSync(join(bin, "ssh"), 0o755);
    return `${bin}:${process.env.PATH}`;
  }

  test.each([
    ["its deadline", { silenceMs: 60_000, deadlines: { listMs: 1_000, fetchMs: 5_000 } }],
    ["a period of silence", { silenceMs: 15_000, deadlines: { listMs: 1_000, fetchMs: 60_000 } }],
  ])("is ended with its descendants after %s", async (_limit, limits) => {
    for (let i = 0; i < 400; i++) remote.write(`environments/production/${i}/layer.json`, `${i}`);
    const commit = remote.push("many folders");
    const url = `ssh://git@git.invalid${remote.bare}`;
    const mirror = mirrorOf(url, { path: stallingSsh(20_000), ...limits });
    const fetching = failureOf(mirror.fetch(["main"], commit));
    // git hands the pack to a process of its own while it waits for the rest.
    await eventually("the stalled pack", () =>
      processesMentioning("git ").some((line) => /index-pack|unpack-objects/.test(line)),
    );
    expect(await fetching).toMatchObject({ why: "timeout" });
    await ended(join(remote.directory, "bin"));
    await ended(remote.bare);
  });
});

// Each test waits for several deadlines of Git.
describe("a watcher", { timeout: 60_000 }, () => {
  let nats: RunningNats;
  let bus: Bus;
  let state: ReturnType<typeof createFakeState>;
  beforeEach(async () => {
    nats = await startNats();
    bus = await openBus(nats.url);
    state = createFakeState(bus);
    state.start();
    cleanups.push(
      () => nats.stop(),
      () => bus.close(),
      () => state.stop(),
    );
  });

  function collect(environment: string) {
    const collected = collectDetections(bus, environment);
    cleanups.push(collected.stop);
    return collected.detections;
  }

  test("reports an ssh server that goes silent after login, polls again, and serves its other repositories", async () => {
    const hang = join(remote.directory, "hang");
    const server = await startGitSsh({
      directory: join(remote.directory, "sshd"),
      forceCommand: `sh -c 'test -e ${hang} && exec sleep 600; exec sh -c "$SSH_ORIGINAL_COMMAND"'`,
    });
    cleanups.push(server.stop);
    const other = createGitRemote();
    cleanups.push(() => other.delete());
    const production = collect("production");
    const staging = collect("staging");
    remote.write("environments/production/metadata.json", "{}");
    const first = remote.push("one");
    other.write("environments/staging/metadata.json", "{}");
    other.push("one");

    const watcher = await startWatcher({
      bus,
      url: server.url(remote.bare),
      credentials: {
        sshKeyPath: server.keys.reader,
        knownHostsPath: server.knownHosts("known", "host"),
      },
      sources: [{ environment: "production" }, { environment: "staging", url: other.url }],
      deadlines: { listMs: 4_000, fetchMs: 10_000 },
    });
    cleanups.push(watcher.stop);
    await eventually("the first commits", () => production.length > 0 && staging.length > 0);
    expect(production[0]?.commit.id).toBe(first);

    writeFileSync(hang, "");
    const status = await eventually("the timeout", () => {
      const current = watcher.status("production");
      return current.code === "timeout" && current;
    });
    expect(status).toMatchObject({ status: "Degraded", commit: first });
    other.write("environments/staging/metadata.json", '{ "v": 2 }');
    const second = other.push("two");
    await eventually("the other repository", () =>
      staging.some(({ commit }) => commit.id === second),
    );

    rmSync(hang);
    remote.write("environments/production/metadata.json", '{ "v": 2 }');
    const third = remote.push("two");
    await eventually("the commit after the silence", () =>
      production.some(({ commit }) => commit.id === third),
    );
    expect(watcher.status("production")).toMatchObject({ status: "Healthy", code: null });
    await ended(`-p ${server.port} `);
  });

  test("deploys commits whose dates no git command can order, and packs their mirror", async () => {
    remote.write("environments/production/metadata.json", "{}");
    remote.push("one");
    const tree = remote.bareGit(["rev-parse", "main^{tree}"]);
    let head = "";
    // Git 2.39 never finishes `commit-graph write` on this history.
    for (const date of ["18446744073709551615", "1700000001", "1700000002"]) {
      head = remote.commitTree(tree, date);
    }
    const production = collect("production");
    const mirrorsDirectory = join(remote.directory, "mirrors");
    const watcher = await startWatcher({ bus, url: remote.url, mirrorsDirectory });
    cleanups.push(watcher.stop);
    const detected = await eventually("the commit", () => production[0]);
    expect(detected.commit.id).toBe(head);

    const mirror = mirrorOf(remote.url);
    const inMirror = (...args: string[]) => execFileSync("git", args, { cwd: mirror.directory });
    // Two packs, for the commits and for the file, are enough to start maintenance.
    inMirror("config", "gc.autoPackLimit", "1");
    const packs = () =>
      readdirSync(join(mirror.directory, "objects", "pack")).filter((file) =>
        file.endsWith(".pack"),
      );
    expect(packs().length).toBeGreaterThan(1);
    await mirror.maintain();
    expect(packs()).toHaveLength(1);
    expect((await mirror.localHeads()).get("main")).toBe(head);
    expect(watcher.commands.flat()).not.toContain("gc");
  });

  test("refuses an environment with too many files without reading them all, and deploys the others", async () => {
    remote.write("environments/staging/metadata.json", "{}");
    remote.push("one");
    const { bareGit } = remote;
    // Ten folders of ten folders and so on, which are all the same folder: 10^9 files in nine trees.
    let tree = bareGit(["hash-object", "-w", "--stdin"], "{}");
    for (let depth = 0; depth < 9; depth++) {
      const kind = depth === 0 ? "100644 blob" : "040000 tree";
      const entries = Array.from({ length: 10 }, (_, i) => `${kind} ${tree}\t${i}\n`);
      tree = bareGit(["mktree"], entries.join(""));
    }
    const staging = bareGit(["rev-parse", "main:environments/staging"]);
    const both = `040000 tree ${tree}\tproduction\n040000 tree ${staging}\tstaging\n`;
    const root = bareGit(["mktree"], `040000 tree ${bareGit(["mktree"], both)}\tenvironments\n`);
    const head = remote.commitTree(root);

    const detections = collect("staging");
    const sources = [{ environment: "production" }, { environment: "staging" }];
    const watcher = await startWatcher({ bus, url: remote.url, sources });
    cleanups.push(watcher.stop);
    await eventually("the other environment", () => detections[0]?.commit.id === head);
    const status = await eventually("the refusal", () => {
      const current = watcher.status("production");
      return current.code === "too-many-files" && current;
    });
    expect(status).toMatchObject({ status: "Unhealthy" });
    expect(status.reason).toContain("more than 2000 files");
  });
});
