import type { Datasource, Problem } from "@honua/contracts";
import { messageOf } from "@honua/service-kit";
import type { DatabaseProfile } from "./client-configuration.ts";
import { parseConnectionString } from "./connection-string.ts";
import { ConnectionStringError } from "./connection-target.ts";
import type { DatabaseLease, DatabaseRegistry } from "./database-registry.ts";
import { resolveReferences, type SecretSource } from "./secret-references.ts";

/** Default limits of a datasource. */
const MAX_CONNECTIONS = 10;
const IDLE_SECONDS = 60;
const CONNECT_SECONDS = 3;
const STATEMENT_SECONDS = 15;

/** A connected datasource, or its problems. */
export type ConnectedDatasource = { lease: DatabaseLease } | { problems: Problem[] };

/** PostgreSQL 14 introduced infinite numeric values, on which the JSON of features relies. */
const MIN_POSTGRESQL_VERSION = 140_000;

/**
 * Resolves a datasource's secrets and connects.
 *
 * @param file where the datasource is configured, for problems
 */
export async function connectDatasource(
  datasource: Datasource,
  options: { file: string; secrets: SecretSource; databases: DatabaseRegistry },
): Promise<ConnectedDatasource> {
  const problem = (code: string, message: string, suggestion?: string): Problem => ({
    code,
    message: `datasource "${datasource.id}": ${message}`,
    file: options.file,
    pointer: `${datasource.pointer}/connectionString`,
    ...(suggestion ? { suggestion } : {}),
  });

  const resolution = await resolveReferences(datasource.connectionString, options.secrets);
  if (!resolution.resolved) {
    return {
      problems: resolution.missing.map(({ reference, why }) =>
        problem("missing-secret", `${reference} cannot be resolved: ${why}.`),
      ),
    };
  }

  let profile: DatabaseProfile;
  try {
    profile = profileOf(datasource, resolution.text);
  } catch (error) {
    if (!(error instanceof ConnectionStringError)) throw error;
    return {
      problems: [
        problem("bad-connection-string", `The connection string is invalid: ${error.message}.`),
      ],
    };
  }

  const address = `${profile.target.host}:${profile.target.port}/${profile.target.database}`;
  let lease: DatabaseLease;
  try {
    lease = await options.databases.lease(profile);
  } catch (error) {
    const cause = messageOf((error as Error).cause ?? error);
    return {
      problems: [problem("database-unreachable", `Cannot connect to ${address}: ${cause}`)],
    };
  }
  const { facts } = lease.database;
  if (facts.postgis === undefined) {
    lease.release();
    return {
      problems: [
        problem(
          "no-postgis",
          `${address} does not have PostGIS.`,
          "Run 'create extension postgis' in this database.",
        ),
      ],
    };
  }
  if (facts.version < MIN_POSTGRESQL_VERSION) {
    lease.release();
    return { problems: [problem("old-postgresql", `${address} is older than PostgreSQL 14.`)] };
  }
  return { lease };
}

/** @throws ConnectionStringError */
function profileOf(datasource: Datasource, connectionString: string): DatabaseProfile {
  const target = parseConnectionString(connectionString);
  return {
    target,
    readOnly: datasource.readOnly,
    maxConnections: datasource.pool?.max ?? target.maxConnections ?? MAX_CONNECTIONS,
    idleTimeoutSeconds: datasource.pool?.idleTimeoutSeconds ?? IDLE_SECONDS,
    connectTimeoutSeconds: target.connectTimeoutSeconds ?? CONNECT_SECONDS,
    statementTimeoutSeconds:
      datasource.statementTimeoutSeconds ?? target.statementTimeoutSeconds ?? STATEMENT_SECONDS,
  };
}
