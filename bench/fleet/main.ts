import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { startNats } from "../../test/harness/nats.ts";
import { startPostgresCluster } from "../../test/harness/postgres-cluster.ts";
import { createConfigurationRepository } from "./configuration-repository.ts";
import { startEngine } from "./engine-processes.ts";
import { processorSeconds } from "./processor-time.ts";
import { startStandInGateways } from "./stand-in-gateways.ts";

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
const count = Number(process.argv[2] ?? 1_000);
const layers = Number(process.argv[3] ?? 100);
const environments = Array.from({ length: count }, (_, number) => `environment-${number + 1}`);

const directory = await mkdtemp(join(tmpdir(), "honua-fleet-"));
const nats = await startNats();
const postgres = await startPostgresCluster(undefined, []);
const repository = await createConfigurationRepository(directory, environments, layers);
const first = await repository.changeEverywhere("As it was first");
const gateways = await startStandInGateways(nats.url, environments);
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
const processes = new Map([
  ["nats-server", nats.pid() ?? 0],
  ["postgres", postgres.pid() ?? 0],
  ...engine.processes,
]);
try {
  await measured("first deployment", first, started, new Map());
  await pause(5_000);
  const idle = worked();
  await pause(5_000);
  print("idle, of 5 s", since(idle));
  const commit = await repository.changeEverywhere("As it is now");
  await measured("one commit for all", commit, performance.now(), worked());
} finally {
  await database.end();
  await engine.stop();
  await gateways.stop();
  await postgres.stop();
  await nats.stop();
  if (!process.env.HONUA_BENCH_KEEP) await rm(directory, { recursive: true, force: true });
}

async function measured(what: string, commit: string, from: number, before: Map<string, number>) {
  const ms = (await completed(commit)) - from;
  const rate = count / (ms / 1_000);
  process.stdout.write(
    `${what.padEnd(20)} ${count} × ${layers} layers, ${RECONCILERS} reconcilers: ` +
      `${(ms / 1_000).toFixed(1)} s, ${rate.toFixed(1)} a second (load ${loadavg()[0]?.toFixed(1)})\n`,
  );
  print("processor seconds", since(before));
}

/** The time at which every environment has completed its deployment of a commit. */
async function completed(commit: string): Promise<number> {
  for (;;) {
    const done = await completions(commit);
    if (done === count) return performance.now();
    await pause(50);
  }
}

async function completions(commit: string): Promise<number> {
  try {
    const { rows } = await database.query<{ done: number }>(
      "select count(*)::int as done from deployments where commit_id = $1 and state = 'Completed'",
      [commit],
    );
    return rows[0]?.done ?? 0;
  } catch (error) {
    // The state service has not made its tables yet.
    if ((error as { code?: string }).code === "42P01") return 0;
    throw error;
  }
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

function print(what: string, seconds: Map<string, number>): void {
  const each = [...seconds].map(([name, value]) => `${name} ${value.toFixed(1)}`);
  process.stdout.write(`${what.padEnd(20)} ${each.join(", ")}\n`);
}
