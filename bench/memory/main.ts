import { parseArgs } from "node:util";
import { startNats } from "@honua/testing/nats";
import { administer, startPostgresCluster } from "@honua/testing/postgres-cluster";
import type { BenchmarkServers } from "./benchmark-servers.ts";
import { measureManyLayers } from "./many-layers.ts";
import { measureStreamedResponses } from "./streamed-responses.ts";

/**
 * Measures the memory of the gateway as a process: with a stream of 100 000 features, and with 10 000 layers.
 *
 *   node bench/memory/main.ts [--only stream|layers]
 */
const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });

const [nats, postgres] = await Promise.all([startNats(), startPostgresCluster()]);
const servers: BenchmarkServers = {
  databaseUrl: postgres.url,
  natsUrl: nats.url,
  print: (line) => process.stdout.write(`${line}\n`),
};
try {
  await administer(postgres.url, "create extension postgis");
  if (values.only !== "layers") await measureStreamedResponses(servers);
  if (values.only !== "stream") await measureManyLayers(servers);
} finally {
  await postgres.stop();
  await nats.stop();
}
