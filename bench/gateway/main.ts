import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startNats } from "../../test/harness/nats.ts";
import { startPostgresCluster } from "../../test/harness/postgres-cluster.ts";
import { startBareServer } from "./bare-process.ts";
import { startGatewayProcess } from "./gateway-process.ts";
import { type Measured, measureKind } from "./measure-kind.ts";
import { requestKinds } from "./request-kinds.ts";
import { createSamplePlaces, placesRelease } from "./sample-places.ts";

/**
 * The gateway as a process, on a real PostgreSQL with the sample data, beside the floor of each kind
 * of request in the same run. Needs `wrk` and `pgbench`.
 *
 *   node bench/gateway/main.ts [--rounds 3] [--seconds 2] [--only items]
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    "node-flag": { type: "string", multiple: true, default: [] },
  },
});

const scratch = await mkdtemp(join(tmpdir(), "honua-bench-"));
const [nats, postgres] = await Promise.all([startNats(), startPostgresCluster()]);
const places = await createSamplePlaces(postgres.url);
const bare = await startBareServer();
const gateway = await startGatewayProcess({
  release: placesRelease,
  gisDatabaseUrl: postgres.url,
  natsUrl: nats.url,
  nodeFlags: values["node-flag"],
});
const print = (line: string) => process.stdout.write(`${line}\n`);
try {
  const servers = { gateway: gateway.url, bare: bare.url, databaseUrl: postgres.url };
  const options = { rounds: Number(values.rounds), seconds: Number(values.seconds), scratch };
  print(
    "request              bytes   gateway/s   floor/s   ratio  target   p50 ms   p99 ms  p99÷p50",
  );
  for (const kind of requestKinds(places)) {
    if (!kind.name.includes(values.only)) continue;
    print(lineOf(await measureKind(kind, servers, options)));
  }
} finally {
  await gateway.stop();
  await bare.stop();
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
