import {
  ConfigurationError,
  createLog,
  EXIT_CONFIGURATION,
  messageOf,
  readConfiguration,
} from "@honua/service-kit";
import { z } from "zod";
import { grantRuntimeRole } from "./grant-runtime-role.ts";
import { migrateDatabase } from "./migrate-database.ts";
import { waitForDatabase } from "./wait-for-database.ts";

/**
 * The job that migrates the schema as its owner role and grants rights to the role of the service.
 * The service then runs with `DATABASE_MIGRATIONS=expect`.
 */
const jobSettings = z.object({
  DATABASE_URL: z.string().min(1).describe("PostgreSQL URL with the role that owns the tables"),
  DATABASE_RUNTIME_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, "must be a role name in lower case")
    .optional()
    .describe("role that the service connects as; absent: the owner role"),
});

const log = createLog({ service: "migrate-state", instance: "job", level: "info" });
try {
  const settings = readConfiguration(jobSettings, process.env);
  const database = await waitForDatabase({
    url: settings.DATABASE_URL,
    log,
    signal: new AbortController().signal,
    connectWithinMs: 60_000,
  });
  const applied = await migrateDatabase(database.kysely);
  log.info(`Applied migrations: ${applied.join(", ") || "none, the schema is up to date"}`);
  const { DATABASE_RUNTIME_ROLE: role } = settings;
  if (role !== undefined) {
    await grantRuntimeRole(database.kysely, role);
    log.info(`Granted the rights of role ${role}`);
  }
  await database.close();
} catch (error) {
  process.stderr.write(`honua migrate-state: ${messageOf(error)}\n`);
  process.exitCode = error instanceof ConfigurationError ? EXIT_CONFIGURATION : 1;
}
