import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import type { ConnectionTarget, TlsMode } from "./connection-target.ts";

/** A GIS database with its limits. Equal profiles share their connections. */
export interface DatabaseProfile {
  target: ConnectionTarget;
  readOnly: boolean;
  maxConnections: number;
  idleTimeoutSeconds: number;
  connectTimeoutSeconds: number;
  statementTimeoutSeconds: number;
}

/**
 * The driver configuration. Sessions are read-only, in UTC and have a statement timeout. JIT and parallel
 * workers are off, because they take 10 to 25 ms to start and processor time from other requests.
 */
export async function clientConfiguration(
  profile: DatabaseProfile,
  tls: TlsMode,
): Promise<pg.ClientConfig> {
  const { target } = profile;
  const statementTimeoutMs = Math.round(profile.statementTimeoutSeconds * 1_000);
  const session = {
    jit: "off",
    max_parallel_workers_per_gather: "0",
    timezone: "UTC",
    statement_timeout: String(statementTimeoutMs),
    default_transaction_read_only: profile.readOnly ? "on" : "off",
  };
  return {
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    password: target.password ?? "",
    ssl: await tlsOptions(target, tls),
    application_name: "honua-gis-gateway",
    keepAlive: true,
    connectionTimeoutMillis: profile.connectTimeoutSeconds * 1_000,
    // Slightly longer than the server's timeout, so that it only applies if the server is silent.
    query_timeout: statementTimeoutMs + 1_000,
    options: Object.entries(session)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
  };
}

async function tlsOptions(
  target: ConnectionTarget,
  tls: TlsMode,
): Promise<false | ConnectionOptions> {
  if (tls === "disable") return false;
  if (tls === "prefer" || tls === "require") return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ...(target.rootCertificate ? { ca: await readFile(target.rootCertificate, "utf8") } : {}),
    ...(tls === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
  };
}
