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
import { startSimulatedGateways } from "./simulated-gateways.ts";
import { readStatements, readTraffic, type Traffic } from "./traffic.ts";
import { watchCompletions } from "./watch-completions.ts";

/**
 * Measures one commit that changes every environment of a fleet: the time from the end of `git push` until
 * the deployment of every environment is `Completed`. The watcher, state and two reconcilers are real
 * processes with a real nats-server and a durable PostgreSQL (fsync, synchronous commits). The gateways
 * are simulated. The output also contains the processor time of each process and the load of the
 * machine. On a shared machine, only the processor time is meaningful.
 *
 *   node bench/fleet/main.ts [environments] [layers]
 */
const RECONCILERS = 2;
/** With `HONUA_BENCH_PROFILE=directory`, each Node process and nats-server write a profile there. */
const PROFILES = process.env.HONUA_BENCH_PROFILE;
/** Duration of the nats-server profile, from the start of the second deployment, in seconds. */
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
const first = await repository.changeEveryEnvironment("First title");
const gateways = await startSimulatedGateways(nats.url, environments);
const completions = await watchCompletions(nats.url);
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
  print("idle, ms per second", perUnit(workSince(idle.worked), 5));
  const commit = await repository.changeEveryEnvironment("Second title");
  const from = performance.now();
  if (PROFILES) await database.query("select pg_stat_statements_reset()");
  const before = await begin();
  await engine.announcePush();
  void profileNats();
  await measured("one commit", commit, from, before);
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

/** Processor time and traffic at the start of a measurement. */
interface Baseline {
  worked: Map<string, number>;
  traffic: Traffic;
}

async function begin(alreadyWorked = worked()): Promise<Baseline> {
  return { worked: alreadyWorked, traffic: await readTraffic(monitoring, database) };
}

async function measured(name: string, commit: string, from: number, before: Baseline) {
  const ms = (await completed(commit)) - from;
  const seconds = workSince(before.worked);
  const now = await readTraffic(monitoring, database);
  const rate = count / (ms / 1_000);
  process.stdout.write(
    `${name.padEnd(22)} ${count} × ${layers} layers, ${RECONCILERS} reconcilers: ` +
      `${(ms / 1_000).toFixed(1)} s, ${rate.toFixed(1)} per second (load ${loadavg()[0]?.toFixed(1)})\n`,
  );
  print("processor ms each", perUnit(seconds, count));
  const traffic = Object.entries(now).map(
    ([name, value]) => [name, value - before.traffic[name as keyof Traffic]] as const,
  );
  print("traffic each", new Map(traffic.map(([name, value]) => [name, value / count])));
}

/** The time at which the deployment of a commit was `Completed` in every environment. */
async function completed(commit: string): Promise<number> {
  await completions.waitFor(commit, count);
  const { rows } = await database.query<{ done: number }>(
    "select count(*)::int as done from deployments where commit_id = $1 and state = 'Completed'",
    [commit],
  );
  if (rows[0]?.done !== count)
    throw new Error(`State has completed ${rows[0]?.done} of ${count} deployments.`);
  return performance.now();
}

/** The processor time of each process so far, in seconds. */
function worked(): Map<string, number> {
  const { user, system } = process.cpuUsage();
  const own = ["simulated gateways", (user + system) / 1e6] as const;
  return new Map([
    ...[...processes].map(([name, pid]) => [name, processorSeconds(pid)] as const),
    own,
  ]);
}

function workSince(before: Map<string, number>): Map<string, number> {
  return new Map([...worked()].map(([name, now]) => [name, now - (before.get(name) ?? 0)]));
}

/** Processor time per unit, in milliseconds. */
function perUnit(seconds: Map<string, number>, units: number): Map<string, number> {
  const each = [...seconds].map(([name, value]) => [name, (value * 1_000) / units] as const);
  const total = each.reduce((sum, [, ms]) => sum + ms, 0);
  return new Map([...each, ["total", total]]);
}

function print(name: string, values: Map<string, number>): void {
  const each = [...values].map(([key, value]) => `${key} ${value.toFixed(1)}`);
  process.stdout.write(`${name.padEnd(22)} ${each.join(", ")}\n`);
}

/** Writes a profile for `go tool pprof -top`. */
async function profileNats(): Promise<void> {
  if (!PROFILES) return;
  const url = `http://127.0.0.1:${profiling}/debug/pprof/profile?seconds=${PROFILED_SECONDS}`;
  const profile = await (await fetch(url)).arrayBuffer();
  await mkdir(PROFILES, { recursive: true });
  await writeFile(join(PROFILES, "nats-server.pprof"), Buffer.from(profile));
}
