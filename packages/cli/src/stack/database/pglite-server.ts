import { parseArgs } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { postgis } from "@electric-sql/pglite-postgis";
import { createPostgis } from "./create-postgis.ts";
import { listenForClients } from "./pglite-listener.ts";
import { seedPlaces } from "./seed-places.ts";

/**
 * A PostgreSQL server that needs no installation: a process that serves PGlite on a TCP socket.
 *
 *   node pglite-server.ts --data DIR --port P [--postgis] [--seed-places]
 *
 * With `--prepare-only` it creates the database and exits.
 *
 * It prints one line of JSON, `{"ready":true,"port":P}`, when it accepts connections. It closes the
 * database and exits on SIGTERM, on SIGINT, and when its standard input closes, which happens when
 * the parent process exits.
 */
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    port: { type: "string" },
    postgis: { type: "boolean", default: false },
    "seed-places": { type: "boolean", default: false },
    "prepare-only": { type: "boolean", default: false },
  },
});
const prepareOnly = values["prepare-only"];
if (!values.data || (!values.port && !prepareOnly)) {
  process.stderr.write(
    "usage: pglite-server --data DIR (--port P | --prepare-only) [--postgis] [--seed-places]\n",
  );
  process.exit(2);
}

/** All connections share one session, so the limit only protects against leaked connections. */
const MAX_CONNECTIONS = 100;
const CLOSE_TIMEOUT_MS = 2_500;

const stopping = new Promise<void>((resolve) => {
  process.once("SIGTERM", resolve);
  process.once("SIGINT", resolve);
  process.once("disconnect", resolve);
  process.stdin.once("end", resolve).once("error", resolve).resume();
});

const withPostgis = values.postgis || values["seed-places"];
const database = await PGlite.create({
  dataDir: values.data,
  extensions: withPostgis ? { postgis } : {},
});
if (withPostgis) await createPostgis(database);
if (values["seed-places"]) await seedPlaces(database);
if (prepareOnly) {
  await database.close();
  process.exit(0);
}
const listener = await listenForClients(database, {
  port: Number(values.port),
  maxConnections: MAX_CONNECTIONS,
});
process.stdout.write(`${JSON.stringify({ ready: true, port: listener.port })}\n`);

await stopping;
setTimeout(() => process.exit(1), CLOSE_TIMEOUT_MS).unref();
await listener.close();
await database.close();
process.exit(0);
