import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { startNats } from "../../test/harness/nats.ts";
import { startPostgresCluster } from "../../test/harness/postgres-cluster.ts";
import { createConfigurationRepository } from "./configuration-repository.ts";
import { startEngine } from "./engine-processes.ts";
import { startStandInGateways } from "./stand-in-gateways.ts";

/**
 * One commit that touches every environment of a fleet: from the end of `git push` until state calls
 * the deployment of every environment `Completed`. Watcher, state and two reconcilers are the real
 * processes on a real PostgreSQL and nats-server; gateways are stood in for.
 *
 *   node bench/fleet/main.ts [environments] [layers]
 */
const RECONCILERS = 2;
const count = Number(process.argv[2] ?? 1_000);
const layers = Number(process.argv[3] ?? 100);
const environments = Array.from({ length: count }, (_, number) => `environment-${number + 1}`);

const directory = await mkdtemp(join(tmpdir(), "honua-fleet-"));
const nats = await startNats();
const postgres = await startPostgresCluster();
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
try {
  report("first deployment", (await completed(first)) - started);
  const commit = await repository.changeEverywhere("As it is now");
  const pushed = performance.now();
  report("one commit for all", (await completed(commit)) - pushed);
} finally {
  await database.end();
  await engine.stop();
  await gateways.stop();
  await postgres.stop();
  await nats.stop();
  if (!process.env.HONUA_BENCH_KEEP) await rm(directory, { recursive: true, force: true });
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

function report(what: string, ms: number): void {
  const rate = count / (ms / 1_000);
  process.stdout.write(
    `${what.padEnd(20)} ${count} × ${layers} layers, ${RECONCILERS} reconcilers: ` +
      `${(ms / 1_000).toFixed(1)} s, ${rate.toFixed(1)} a second\n`,
  );
}
