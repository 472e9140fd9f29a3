import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "@honua/testing/free-port";
import { startNats } from "@honua/testing/nats";
import { startPostgresCluster } from "@honua/testing/postgres-cluster";
import pg from "pg";
import { processorSeconds } from "../processor-time.ts";
import { createConfigurationRepository } from "./configuration-repository.ts";
import { startEngine } from "./engine-processes.ts";
import { startStandInGateways } from "./simulated-gateways.ts";
import { readStatements, readTraffic, type Traffic } from "./traffic.ts";
import { hearCompletions } from "./watch-completions.ts";

/**
 * One commit that touches every environment of a fleet: from the end of `git push` until state calls
 * the deployment of every environment `Completed`. Watcher, state and two reconcilers are the real
 * processes on a real nats-server and a PostgreSQL that keeps what it has committed (fsync,
 * synchronous commits); gateways are stood in for. Beside the time, what each process worked in it,
 * and the load of the machine: on one that others use, only the work tells something.
 *
 *   node bench/fleet/main.ts [environments] [layers]
 */
const RECONCILERS = 2;
/** `HONUA_BENCH_PROFILE=directory` leaves a profile of each Node process and of nats-server there. */
const PROFILES = process.env.HONUA_BENCH_PROFILE;
/** Seconds of the second deployment that the profile of nats-server covers. */
const PROFILED_SECONDS = 8;
const count = Number(process.argv[2] ?? 1_000);
const layers = Number(process.argv[3] ?? 100);
const environments = Array.from({ length: count }, (_, number) => `environment-${number + 1}`);

const directory = await mkdtemp(join(tmpdir(), "honua-fleet-"));
const monitoring = `http://127.0.0.1:${await freePort()}`;
const profiling = await freePort();
const nats = await startNats([
  ...["-m", new URL(monitoring).port],
  ...(PROFILES ? ["--profile", String(profiling)] : []),
]);
const postgres = await startPostgresCluster(undefined, [
  "shared_preload_libraries=pg_stat_statements",
]);
const repository = await createConfigurationRepository(directory, environments, layers);
const first = await repository.changeEverywhere("As it was first");
const gateways = await startStandInGateways(nats.url, environments);
const completions = await hearCompletions(nats.url);
const started = performance.now();
const engine = await startEngine({
  directory,
  natsUrl: nats.url,
  databaseUrl: postgres.url,
  repositoryUrl: repository.url,
  environments,
  reconcilers: RECONCILERS,
});
const database = new pg.Client({ connectionString: postgres.url });
await database.connect();
await database.query("create extension pg_stat_statements");
const processes = new Map([
  ["nats-server", nats.pid() ?? 0],
  ["postgres", postgres.pid() ?? 0],
  ...engine.processes,
]);
try {
  await measured("first deployment", first, started, await begin(new Map()));
  await pause(5_000);
  const idle = await begin();
  await pause(5_000);
  print("idle, ms of a second", perUnit(since(idle.worked), 5));
  const commit = await repository.changeEverywhere("As it is now");
  const from = performance.now();
  if (PROFILES) await database.query("select pg_stat_statements_reset()");
  const before = await begin();
  await engine.pushed();
  void profileNats();
  await measured("one commit for all", commit, from, before);
  if (PROFILES) await writeFile(join(PROFILES, "statements.txt"), await readStatements(database));
} finally {
  await database.end();
  await engine.stop();
  await gateways.stop();
  await completions.stop();
  await postgres.stop();
  await nats.stop();
  if (!process.env.HONUA_BENCH_KEEP) await rm(directory, { recursive: true, force: true });
}

/** What was worked and sent before a measurement began. */
interface Before {
  worked: Map<string, number>;
  traffic: Traffic;
}

async function begin(alreadyWorked = worked()): Promise<Before> {
  return { worked: alreadyWorked, traffic: await readTraffic(monitoring, database) };
}

async function measured(what: string, commit: string, from: number, before: Before) {
  const ms = (await completed(commit)) - from;
  const seconds = since(before.worked);
  const now = await readTraffic(monitoring, database);
  const rate = count / (ms / 1_000);
  process.stdout.write(
    `${what.padEnd(22)} ${count} × ${layers} layers, ${RECONCILERS} reconcilers: ` +
      `${(ms / 1_000).toFixed(1)} s, ${rate.toFixed(1)} a second (load ${loadavg()[0]?.toFixed(1)})\n`,
  );
  print("processor ms for each", perUnit(seconds, count));
  const traffic = Object.entries(now).map(
    ([name, value]) => [name, value - before.traffic[name as keyof Traffic]] as const,
  );
  print("traffic for each", new Map(traffic.map(([name, value]) => [name, value / count])));
}

/** The time at which state calls the deployment of a commit `Completed` for every environment. */
async function completed(commit: string): Promise<number> {
  await completions.reached(commit, count);
  const { rows } = await database.query<{ done: number }>(
    "select count(*)::int as done from deployments where commit_id = $1 and state = 'Completed'",
    [commit],
  );
  if (rows[0]?.done !== count) throw new Error(`state has ${rows[0]?.done} of ${count}`);
  return performance.now();
}

/** Seconds of processor time that each process has worked so far. */
function worked(): Map<string, number> {
  const { user, system } = process.cpuUsage();
  const own = ["stand-in gateways", (user + system) / 1e6] as const;
  return new Map([
    ...[...processes].map(([name, pid]) => [name, processorSeconds(pid)] as const),
    own,
  ]);
}

function since(before: Map<string, number>): Map<string, number> {
  return new Map([...worked()].map(([name, now]) => [name, now - (before.get(name) ?? 0)]));
}

/** Milliseconds of work for each of so many. */
function perUnit(seconds: Map<string, number>, units: number): Map<string, number> {
  const each = [...seconds].map(([name, value]) => [name, (value * 1_000) / units] as const);
  const together = each.reduce((sum, [, ms]) => sum + ms, 0);
  return new Map([...each, ["together", together]]);
}

function print(what: string, values: Map<string, number>): void {
  const each = [...values].map(([name, value]) => `${name} ${value.toFixed(1)}`);
  process.stdout.write(`${what.padEnd(22)} ${each.join(", ")}\n`);
}

/** For `go tool pprof -top`. */
async function profileNats(): Promise<void> {
  if (!PROFILES) return;
  const url = `http://127.0.0.1:${profiling}/debug/pprof/profile?seconds=${PROFILED_SECONDS}`;
  const profile = await (await fetch(url)).arrayBuffer();
  await mkdir(PROFILES, { recursive: true });
  await writeFile(join(PROFILES, "nats-server.pprof"), Buffer.from(profile));
}
