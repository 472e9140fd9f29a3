import { parseArgs } from "node:util";
import { startNats } from "@honua/testing/nats";
import { administer, startPostgresCluster } from "@honua/testing/postgres-cluster";
import type { Ground } from "./benchmark-servers.ts";
import { measureManyLayers } from "./many-layers.ts";
import { measureLongAnswers } from "./streamed-responses.ts";

/**
 * Memory of the gateway as a process: what a stream of 100 000 features adds, and 10 000 layers.
 *
 *   node bench/memory/main.ts [--only stream|layers]
 */
const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });

const [nats, postgres] = await Promise.all([startNats(), startPostgresCluster()]);
const ground: Ground = {
  databaseUrl: postgres.url,
  natsUrl: nats.url,
  print: (line) => process.stdout.write(`${line}\n`),
};
try {
  await administer(postgres.url, "create extension postgis");
  if (values.only !== "layers") await measureLongAnswers(ground);
  if (values.only !== "stream") await measureManyLayers(ground);
} finally {
  await postgres.stop();
  await nats.stop();
}
