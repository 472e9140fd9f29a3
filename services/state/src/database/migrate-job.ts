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
 * The job that brings the schema up to date as the role that owns it, and gives the role of the
 * service its rights. The service then runs with `DATABASE_MIGRATIONS=expect`.
 */
const jobSettings = z.object({
  DATABASE_URL: z.string().min(1).describe("as the role that owns the tables"),
  DATABASE_RUNTIME_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, "the name of a role in lower case")
    .optional()
    .describe("role that the service works as; absent: it is the owner itself"),
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
  log.info(`Applied: ${applied.join(", ") || "nothing, the schema was up to date"}`);
  const { DATABASE_RUNTIME_ROLE: role } = settings;
  if (role !== undefined) {
    await grantRuntimeRole(database.kysely, role);
    log.info(`The rights of ${role} are set`);
  }
  await database.close();
} catch (error) {
  process.stderr.write(`honua migrate-state: ${messageOf(error)}\n`);
  process.exitCode = error instanceof ConfigurationError ? EXIT_CONFIGURATION : 1;
}
