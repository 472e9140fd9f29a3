import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { startPostgresCluster } from "@honua/testing/postgres-cluster";
import pg from "pg";
import { openPgRaw, openPostgresPackage } from "./drivers.ts";
import { compareDrivers, type Measurement } from "./measure-drivers.ts";
import { createPlaces, STATEMENT_KINDS } from "./statement-kinds.ts";

/**
 * Compares `packages/pg-raw` with the npm package `postgres`, which pipelines statements and can return
 * undecoded values. Both run the same statements over the same number of connections for the same number
 * of concurrent callers, in alternating rounds. The package is not a dependency of this repository:
 *
 *   npm install --no-save --no-package-lock --prefix DIRECTORY postgres
 *   node bench/driver/main.ts --module DIRECTORY/node_modules/postgres/src/index.js
 *
 * Without `--module`, `postgres` is imported by its name. Other options: `--rounds 5`, `--seconds 2` (length of a round), `--callers 64`.
 */
const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    callers: { type: "string", default: "64" },
    module: { type: "string", default: "postgres" },
  },
});

const module = flags.module.includes("/")
  ? pathToFileURL(resolve(flags.module)).href
  : flags.module;
/** Connections of each driver. */
const CONNECTIONS = 10;

function describe({ rate, processTime }: Measurement): string {
  return `${rate.toFixed(0).padStart(7)}/s ${processTime.toFixed(1).padStart(6)} µs`;
}

const cluster = await startPostgresCluster();
try {
  const administrator = new pg.Client({ connectionString: cluster.url });
  await administrator.connect();
  await createPlaces(administrator);
  await administrator.end();

  const drivers = [
    openPgRaw(cluster.url, CONNECTIONS),
    await openPostgresPackage(cluster.url, CONNECTIONS, module),
  ] as const;
  for (const kind of STATEMENT_KINDS) {
    const [ours, theirs] = await compareDrivers(drivers, kind, {
      rounds: Number(flags.rounds),
      milliseconds: Number(flags.seconds) * 1_000,
      callers: Number(flags.callers),
    });
    const rate = (ours.rate / theirs.rate).toFixed(2);
    const processTime = (ours.processTime / theirs.processTime).toFixed(2);
    process.stdout.write(
      `${kind.name.padEnd(22)}  pg-raw ${describe(ours)}   postgres ${describe(theirs)}   rate ×${rate}   process time ×${processTime}\n`,
    );
  }
  for (const driver of drivers) await driver.close();
} finally {
  await cluster.stop();
}
