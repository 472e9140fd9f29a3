import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceStatus } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGitHttps } from "../fixtures/git-https-server.ts";
import { createGitRemote, type GitRemote } from "../fixtures/git-remote.ts";
import { startGitSsh } from "../fixtures/git-ssh-server.ts";
import {
  collectDetections,
  createFakeState,
  openBus,
  startWatcher,
  type TestWatcher,
} from "../fixtures/running-watcher.ts";

let nats: RunningNats;
let bus: Bus;
let remote: GitRemote;
let state: ReturnType<typeof createFakeState>;
let production: ReturnType<typeof collectDetections>;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  nats = await startNats();
  bus = await openBus(nats.url);
  remote = createGitRemote();
  state = createFakeState(bus);
  state.start();
  production = collectDetections(bus, "production");
  push();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await production.stop();
  await bus.close();
  await nats.stop();
  remote.delete();
});

let version = 0;
function push(content?: Uint8Array): string {
  remote.write("environments/production/metadata.json", content ?? `{ "v": ${version++} }`);
  return remote.push("a change");
}

async function watch(options: Omit<Parameters<typeof startWatcher>[0], "bus">) {
  const started = await startWatcher({ bus, ...options });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= started.stop());
  cleanups.push(stop);
  return { ...started, stop };
}

const published = (commit: string) =>
  eventually("the published commit", () =>
    production.detections.find((one) => one.commit.id === commit),
  );

/** Waits until the status of the only source has this code. */
function reason(watcher: TestWatcher, code: string | null): Promise<SourceStatus> {
  return eventually(`the reason ${code}`, () => {
    const status = watcher.status("production");
    return status.code === code && status;
  });
}

/** Warnings and errors with one code. */
const problems = ({ lines }: TestWatcher, code: string) =>
  lines.filter((line) => line.code === code && line.level !== "debug" && line.level !== "info");

describe("over ssh", () => {
  async function serve(options: { acceptEnv?: string } = {}) {
    const server = await startGitSsh({ directory: join(remote.directory, "sshd"), ...options });
    cleanups.push(server.stop);
    return server;
  }

  // Debian's default sshd_config accepts only LANG and LC_*. Git then uses protocol 0, which cannot
  // request single objects.
  test.each([
    ["git protocol 2", "GIT_PROTOCOL"],
    ["git protocol 0", "LANG LC_*"],
  ])("%s: reads the repository, and recovers when the server is back", async (_name, acceptEnv) => {
    const server = await serve({ acceptEnv });
    const credentials = {
      sshKeyPath: server.keys.reader,
      knownHostsPath: server.knownHosts("known", "host"),
    };
    const watcher = await watch({ url: server.url(remote.bare), credentials });
    await published(remote.git("rev-parse", "HEAD"));
    await published(push());
    await published(push());
    const refetches = watcher.commands.filter((args) => args.includes("--refetch"));
    expect(refetches).toHaveLength(acceptEnv === "GIT_PROTOCOL" ? 0 : 1);

    await server.stop();
    expect(await reason(watcher, "host-unreachable")).toMatchObject({ status: "Degraded" });
    await server.restart("host");
    await published(push());
    await reason(watcher, null);
    expect(problems(watcher, "host-unreachable")).toHaveLength(1);
  });

  test("publishes nothing while the host key differs from the known one", async () => {
    const server = await serve();
    const knownHostsPath = server.knownHosts("known", "host");
    const credentials = { sshKeyPath: server.keys.reader, knownHostsPath };
    const watcher = await watch({ url: server.url(remote.bare), credentials });
    await published(remote.git("rev-parse", "HEAD"));

    await server.restart("other-host");
    const before = production.detections.length;
    const pushed = push();
    const status = await reason(watcher, "host-key-changed");
    expect(status).toMatchObject({ status: "Unhealthy" });
    expect(status.reason).toContain("GitOps.Credentials.KnownHostsPath");
    expect(production.detections).toHaveLength(before);
    // Strict checking does not add the new key.
    expect(readFileSync(knownHostsPath, "utf8").trim().split("\n")).toHaveLength(1);

    await server.restart("host");
    await published(pushed);
    await reason(watcher, null);
    expect(problems(watcher, "host-key-changed")).toMatchObject([{ level: "error" }]);
  });

  test("reports an unknown host, unauthorized and readable keys, and a missing repository", async () => {
    const server = await serve();
    const url = server.url(remote.bare);
    const { reader, stranger } = server.keys;
    const readable = join(remote.directory, "readable");
    cpSync(reader, readable);
    chmodSync(readable, 0o644);
    const known = server.knownHosts("known", "host");
    const cases: [string, Parameters<typeof watch>[0]][] = [
      [
        "host-key-unknown",
        { url, credentials: { sshKeyPath: reader, knownHostsPath: server.knownHosts("none") } },
      ],
      [
        "authentication-refused",
        { url, credentials: { sshKeyPath: stranger, knownHostsPath: known } },
      ],
      ["authentication-refused", { url, credentials: { knownHostsPath: known } }],
      [
        "authentication-refused",
        { url, credentials: { sshKeyPath: readable, knownHostsPath: known } },
      ],
      [
        "not-a-repository",
        { url: `${url}-gone`, credentials: { sshKeyPath: reader, knownHostsPath: known } },
      ],
    ];
    for (const [code, options] of cases) {
      const watcher = await watch(options);
      const status = await reason(watcher, code);
      expect(status).toMatchObject({ status: "Unhealthy", commit: null });
      expect(problems(watcher, code)).toMatchObject([{ level: "error" }]);
      await watcher.stop();
    }
    expect(production.detections).toEqual([]);
  });
});

describe("over https", () => {
  test("reports a refused credential, and recovers", async () => {
    const login = { username: "reader", password: "first password" };
    const server = await startGitHttps({ directory: remote.directory, ...login });
    cleanups.push(server.stop);
    const surroundings = { GIT_SSL_CAINFO: server.certificate };
    const url = `${server.origin}/config.git`;
    const watcher = await watch({ url, credentials: login, surroundings });
    await published(remote.git("rev-parse", "HEAD"));

    server.expectPassword("another password");
    const status = await reason(watcher, "authentication-refused");
    expect(status).toMatchObject({ status: "Unhealthy" });
    expect(status.reason).not.toContain("password");
    server.expectPassword(login.password);
    await published(push());
    expect(problems(watcher, "authentication-refused")).toMatchObject([{ level: "error" }]);
    expect(JSON.stringify([watcher.lines, watcher.commands])).not.toContain(login.password);
  });

  test("reports an untrusted certificate before sending the password", async () => {
    const login = { username: "reader", password: "a password" };
    const server = await startGitHttps({ directory: remote.directory, ...login });
    cleanups.push(server.stop);
    const watcher = await watch({ url: `${server.origin}/config.git`, credentials: login });
    expect(await reason(watcher, "certificate-refused")).toMatchObject({ status: "Unhealthy" });
    expect(server.passwordsSeen()).toBe(0);
  });

  test("doubles the pause after each failure, and keeps the reason in health", async () => {
    const login = { username: "reader", password: "a password" };
    const server = await startGitHttps({ directory: remote.directory, ...login });
    await server.stop();
    // The clock stands still, so that `nextPoll` shows the length of the pause.
    const now = new Date("2026-06-01T12:00:00.000Z");
    const watcher = await watch({
      url: `${server.origin}/config.git`,
      credentials: login,
      clock: { now: () => now },
    });
    // The backoff is 0.2 to 0.4 s, then up to 0.8, 1.6 and 3.2 s.
    const status = await eventually("the backoff after the fourth failure", () => {
      const current = watcher.status("production");
      return Date.parse(current.nextPoll ?? "") - now.getTime() >= 1_600 && current;
    });
    expect(status).toMatchObject({ status: "Degraded", code: "host-unreachable" });
    expect(problems(watcher, "host-unreachable")).toMatchObject([{ level: "warn" }]);
  });
});

const small = mountSmallDisk();

test.skipIf(!small)("reports a full disk, and recovers when there is space", async () => {
  const disk = small?.(join(remote.directory, "disk"), "600k");
  if (!disk) return;
  cleanups.push(disk.unmount);
  const mirrorsDirectory = join(disk.directory, "mirrors");
  const watcher = await watch({ url: remote.url, mirrorsDirectory });
  await published(remote.git("rev-parse", "HEAD"));
  const large = push(Buffer.from(randomBytes(1_000_000).toString("hex")));
  const status = await reason(watcher, "disk-full");
  expect(status).toMatchObject({ status: "Degraded" });
  expect(status.reason).toContain(mirrorsDirectory);
  disk.enlarge("20m");
  await published(large);
  await reason(watcher, null);
});

/** A disk in memory; undefined if this process may not mount one. */
function mountSmallDisk() {
  const mount = (...args: string[]) => execFileSync("mount", args, { stdio: "ignore" });
  const probe = createGitRemote();
  try {
    mount("-t", "tmpfs", "-o", "size=16k", "tmpfs", probe.directory);
    execFileSync("umount", [probe.directory]);
  } catch {
    return undefined;
  } finally {
    probe.delete();
  }
  return (directory: string, size: string) => {
    mkdirSync(directory);
    mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory);
    return {
      directory,
      enlarge: (to: string) => mount("-o", `remount,size=${to}`, directory),
      unmount: () => execFileSync("umount", [directory]),
    };
  };
}
