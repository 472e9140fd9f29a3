import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@honua/testing/eventually";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextRestartBackoff } from "../../../src/stack/processes/restart-backoff.ts";
import { Supervisor } from "../../../src/stack/processes/supervisor.ts";

const log = { info: vi.fn(), warn: vi.fn() };
const UNTIL_INPUT_ENDS = "process.stdin.on('end', () => process.exit()).resume();";

let home: string;
let lines: string[];
let supervisor: Supervisor;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "honua-supervisor-"));
  lines = [];
  supervisor = new Supervisor({
    log,
    logDirectory: home,
    onLine: (name, line) => lines.push(`${name}: ${line}`),
  });
});

afterEach(async () => {
  await supervisor.stop();
  await rm(home, { recursive: true, force: true });
});

function node(name: string, script: string) {
  return { name, command: process.execPath, args: ["-e", script], env: {} };
}

const readyOnLine = { readyWhen: { line: (line: string) => line === "ready" } };

test("start waits for the line that marks readiness, and writes the output to a log file", async () => {
  await supervisor.start({
    ...node("talker", `console.error("warming"); console.log("ready"); ${UNTIL_INPUT_ENDS}`),
    ...readyOnLine,
  });
  expect(lines).toContain("talker: ready");
  await supervisor.stop();
  const kept = await readFile(join(home, "talker.log"), "utf8");
  expect(kept.split("\n").sort()).toEqual(["", "ready", "warming"]);
});

test("start repeats a probe until it returns true", async () => {
  let probes = 0;
  await supervisor.start({
    ...node("probed", UNTIL_INPUT_ENDS),
    readyWhen: { probe: async () => ++probes === 3 },
  });
  expect(probes).toBe(3);
});

test("a killed process is restarted", async () => {
  await supervisor.start({ ...node("phoenix", `console.log("ready"); ${UNTIL_INPUT_ENDS}`) });
  const first = supervisor.pids().phoenix?.[0];
  process.kill(first as number, "SIGKILL");
  const second = await eventually("a new process", () =>
    supervisor.pids().phoenix?.find((pid) => pid !== first),
  );
  expect(second).toBeDefined();
});

test("instances that share a name are listed separately", async () => {
  await supervisor.start(node("reconciler", UNTIL_INPUT_ENDS));
  await supervisor.start(node("reconciler", UNTIL_INPUT_ENDS));
  expect(new Set(supervisor.pids().reconciler).size).toBe(2);
});

test("start fails with the last output of a process that does not become ready", async () => {
  const start = supervisor.start({
    ...node("mute", `console.log("the disk is full"); ${UNTIL_INPUT_ENDS}`),
    ...readyOnLine,
    readyWithinMs: 1_500,
  });
  await expect(start).rejects.toThrow(/mute was not ready after 1.5 s.*the disk is full/s);
  await eventually("the process has exited", () => supervisor.pids().mute?.length === 0);
});

test("a process with an invalid configuration is not restarted", async () => {
  const start = supervisor.start({ ...node("wrong", "process.exit(78)"), ...readyOnLine });
  await expect(start).rejects.toMatchObject({ code: "invalid-configuration" });
});

test("start fails if the command does not exist", async () => {
  const start = supervisor.start({
    name: "absent",
    command: "/no/such/command",
    env: {},
    ...readyOnLine,
    readyWithinMs: 500,
  });
  await expect(start).rejects.toMatchObject({ code: "not-ready" });
});

test("layers stop from the highest to the lowest", async () => {
  const onTerm = (name: string) =>
    `process.on('SIGTERM', () => { console.log('${name} stops'); process.exit(); }); console.log('ready'); setInterval(() => {}, 1000)`;
  await supervisor.start({ ...node("database", onTerm("database")), ...readyOnLine });
  await supervisor.start({ ...node("service", onTerm("service")), ...readyOnLine, layer: 1 });
  await supervisor.stop();
  expect(lines.filter((line) => line.endsWith("stops"))).toEqual([
    "service: service stops",
    "database: database stops",
  ]);
});

test("a process that ignores SIGTERM is killed within 4 s", async () => {
  const deaf = "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)";
  await supervisor.start({ ...node("deaf", deaf), ...readyOnLine });
  const started = performance.now();
  await supervisor.stop();
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(supervisor.pids().deaf).toEqual([]);
});

test("all processes exit when the supervisor is killed", async () => {
  const supervising = `
    const { Supervisor } = await import(${JSON.stringify(new URL("../../../src/stack/processes/supervisor.ts", import.meta.url).href)});
    const log = { info() {}, warn() {} };
    const supervisor = new Supervisor({ log, logDirectory: ${JSON.stringify(home)} });
    await supervisor.start({ name: "polite", command: process.execPath, args: ["-e", ${JSON.stringify(UNTIL_INPUT_ENDS)}], env: {} });
    await supervisor.start({ name: "careless", command: "sleep", args: ["600"], env: process.env, endsWithInput: false });
    console.log(JSON.stringify(Object.values(supervisor.pids()).flat()));`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", supervising]);
  const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
  const pids = JSON.parse(chunk.toString()) as number[];
  expect(pids).toHaveLength(2);
  parent.kill("SIGKILL");
  await eventually("both processes have exited", () => !pids.some(isAlive));
});

test("the restart delay doubles up to 10 s and is reset after 30 s of uptime", () => {
  const delays = [0, 1, 2, 5, 6, 20].map((failures) => nextRestartBackoff(failures, 100).delayMs);
  expect(delays).toEqual([200, 400, 800, 6_400, 10_000, 10_000]);
  expect(nextRestartBackoff(20, 30_000)).toEqual({ failures: 1, delayMs: 200 });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
