import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startNats } from "@honua/testing/nats";
import { startPostgresCluster } from "@honua/testing/postgres-cluster";
import { startGatewayProcess } from "./gateway-process.ts";
import { type Measured, measureKind } from "./measure-kind.ts";
import { startMinimalServer } from "./minimal-server-process.ts";
import { comparePeers, gatewayAsPeer } from "./peers/compare-peers.ts";
import { startPeers } from "./peers/start-peers.ts";
import { requestKinds } from "./request-kinds.ts";
import { createSamplePlaces, placesRelease } from "./sample-places.ts";

/**
 * Measures the gateway as a process on a real PostgreSQL with the sample data, and the floor of each kind
 * of request in the same run. Needs `wrk` and `pgbench`.
 *
 *   node bench/gateway/main.ts [--rounds 3] [--seconds 2] [--warm-up 10] [--only items] [--workers 2]
 *
 * With `--peers`, it measures the gateway and the other installed servers in turns on the same table.
 * docs/reference/performance-gateway.md describes how to install them.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    "warm-up": { type: "string", default: "10" },
    only: { type: "string", default: "" },
    workers: { type: "string", default: "1" },
    peers: { type: "boolean", default: false },
    python: { type: "string", default: "python3" },
    "node-flag": { type: "string", multiple: true, default: [] },
  },
});

const scratch = await mkdtemp(join(tmpdir(), "honua-bench-"));
const [nats, postgres] = await Promise.all([startNats(), startPostgresCluster()]);
const places = await createSamplePlaces(postgres.url);
const minimalServer = await startMinimalServer();
const gateway = await startGatewayProcess({
  release: placesRelease,
  gisDatabaseUrl: postgres.url,
  natsUrl: nats.url,
  nodeFlags: values["node-flag"],
  settings: { GitOps__Workers: values.workers },
});
const print = (line: string) => process.stdout.write(`${line}\n`);
const options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  warmUpSeconds: Number(values["warm-up"]),
  scratch,
};
try {
  if (values.peers) await measurePeers();
  else await measureFloor();
} finally {
  await gateway.stop();
  await minimalServer.stop();
  await postgres.stop();
  await nats.stop();
  await rm(scratch, { recursive: true, force: true });
}

function lineOf({ kind, bytes, gateway, floor, ratio, p50, p99 }: Measured): string {
  return [
    kind.name.padEnd(18),
    String(bytes).padStart(7),
    gateway.toFixed(0).padStart(11),
    floor.toFixed(0).padStart(9),
    ratio.toFixed(2).padStart(7),
    kind.target.toFixed(2).padStart(7),
    p50.toFixed(1).padStart(8),
    p99.toFixed(1).padStart(8),
    (p99 / p50).toFixed(1).padStart(8),
  ].join(" ");
}

async function measureFloor(): Promise<void> {
  const servers = {
    gateway: gateway.url,
    minimalServer: minimalServer.url,
    databaseUrl: postgres.url,
  };
  print(
    "request              bytes   gateway/s   floor/s   ratio  target   p50 ms   p99 ms  p99÷p50",
  );
  for (const kind of requestKinds(places)) {
    if (!kind.name.includes(values.only)) continue;
    print(lineOf(await measureKind(kind, servers, options)));
  }
}

async function measurePeers(): Promise<void> {
  const { peers, absent } = await startPeers(
    { databaseUrl: postgres.url, scratch },
    { python: values.python },
  );
  try {
    for (const { name, reason } of absent) print(`${name} is not measured: ${reason}`);
    await comparePeers([gatewayAsPeer(gateway.url), ...peers], places, {
      ...options,
      only: values.only,
      print,
    });
  } finally {
    for (const peer of peers) await peer.stop();
  }
}
