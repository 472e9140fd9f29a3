import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startNats } from "@honua/testing/nats";
import { startPostgresCluster } from "@honua/testing/postgres-cluster";
import { type GatewayProcess, startGatewayProcess } from "../gateway/gateway-process.ts";
import { load } from "../gateway/load.ts";
import { type RequestKind, requestKinds } from "../gateway/request-kinds.ts";
import { createSamplePlaces, placesRelease } from "../gateway/sample-places.ts";
import { processorSeconds } from "../processor-time.ts";
import { percentile } from "../statistics.ts";
import { limitProcessor } from "./processor-share.ts";

/**
 * Measures how the throughput of the gateway grows with its workers. Each worker is limited to a share of a
 * core, so that PostgreSQL and the load generator are not the bottleneck; the result shows whether workers
 * hinder each other. Gateways with different numbers of workers are measured in turns. Needs `wrk`, and
 * root on Linux.
 *
 *   node bench/workers/main.ts [--workers 1,2,4] [--cores 0.2] [--rounds 5] [--seconds 2] [--warm-up 5]
 */
const { values } = parseArgs({
  options: {
    workers: { type: "string", default: "1,2,4" },
    cores: { type: "string", default: "0.2" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    "warm-up": { type: "string", default: "5" },
  },
});
/** Requests for which the gateway needs more time than the database. */
const KINDS = ["items?limit=10", "item by id", "tile, cached", "collections"];

const scratch = await mkdtemp(join(tmpdir(), "honua-bench-"));
const [nats, postgres] = await Promise.all([startNats(), startPostgresCluster()]);
const places = await createSamplePlaces(postgres.url);
const kinds = requestKinds(places).filter(({ name }) => KINDS.includes(name));
const print = (line: string) => process.stdout.write(`${line}\n`);
const gateways: { workers: number; gateway: GatewayProcess }[] = [];
const removals: (() => Promise<void>)[] = [];
try {
  for (const workers of values.workers.split(",").map(Number)) await startWarm(workers);
  print(`Each worker is limited to ${values.cores} of a core.`);
  print("request            workers  requests/s  × 1 worker  µs each");
  for (const kind of kinds) for (const line of await linesOf(kind)) print(line);
} finally {
  for (const { gateway } of gateways) await gateway.stop();
  for (const remove of removals) await remove();
  await postgres.stop();
  await nats.stop();
  await rm(scratch, { recursive: true, force: true });
}

/** Starts a gateway, sends requests until V8 has compiled its code, and then limits each worker. */
async function startWarm(workers: number): Promise<void> {
  const gateway = await startGatewayProcess({
    release: placesRelease,
    gisDatabaseUrl: postgres.url,
    natsUrl: nats.url,
    settings: { GitOps__Workers: String(workers) },
  });
  gateways.push({ workers, gateway });
  const seconds = Number(values["warm-up"]) * workers;
  for (const { paths } of kinds) await load(gateway.url, paths, { seconds, scratch });
  for (const pid of await workersOf(gateway)) {
    const share = { name: `honua-bench-${pid}`, pids: [pid], cores: Number(values.cores) };
    removals.push(await limitProcessor(share));
  }
}

/** The worker processes: the children, or the process itself without children. */
async function workersOf({ pid }: GatewayProcess): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const pids = children.split(" ").filter(Boolean).map(Number);
  return pids.length === 0 ? [pid] : pids;
}

interface Sample {
  /** Requests per second. */
  rate: number;
  /** Processor time of all processes of the gateway per request, in microseconds. */
  cost: number;
}

/** Measures a kind of request on the gateways in turns, and returns one line for each gateway. */
async function linesOf({ name, paths }: RequestKind): Promise<string[]> {
  const samples: Sample[][] = gateways.map(() => []);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [at, { gateway }] of gateways.entries()) {
      samples[at]?.push(await sample(gateway, paths));
    }
  }
  const [first] = gateways.map(({ workers }, at) => medianOf(samples[at], "rate") / workers);
  return gateways.map(({ workers }, at) => {
    const rate = medianOf(samples[at], "rate");
    return [
      name.padEnd(18),
      String(workers).padStart(7),
      rate.toFixed(0).padStart(10),
      (rate / (first ?? Number.NaN)).toFixed(2).padStart(11),
      medianOf(samples[at], "cost").toFixed(0).padStart(8),
    ].join(" ");
  });
}

async function sample({ url, pid }: GatewayProcess, paths: readonly string[]): Promise<Sample> {
  const seconds = Number(values.seconds);
  const before = processorSeconds(pid);
  const { rate } = await load(url, paths, { seconds, scratch });
  return { rate, cost: ((processorSeconds(pid) - before) / (rate * seconds)) * 1e6 };
}

function medianOf(samples: readonly Sample[] = [], key: keyof Sample): number {
  return percentile(
    samples.map((each) => each[key]),
    0.5,
  );
}
