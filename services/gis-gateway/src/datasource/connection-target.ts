/** TLS modes, with the names of libpq's `sslmode`. */
export const TLS_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** The parsed connection string of a datasource. */
export interface ConnectionTarget {
  /** Host name, address, or directory of a Unix socket. */
  host: string;
  port: number;
  database: string;
  user: string;
  password?: string;
  tls: TlsMode;
  /** Path of a PEM file with trusted certificate authorities. */
  rootCertificate?: string;
  connectTimeoutSeconds?: number;
  statementTimeoutSeconds?: number;
  maxConnections?: number;
}

/** An invalid connection string. The message never quotes it, because it contains a password. */
export class ConnectionStringError extends Error {
  override readonly name = "ConnectionStringError";
}

/** The libpq name of a TLS mode in any usual spelling (`VerifyFull`, `verify-full`). */
export function tlsModeOf(written: string): TlsMode {
  const plain = written.toLowerCase().replaceAll(/[-_ ]/g, "");
  if (plain === "allow") return "prefer";
  if (plain === "noverify") return "require";
  const mode = TLS_MODES.find((known) => known.replace("-", "") === plain);
  if (mode) return mode;
  throw new ConnectionStringError(
    `the SSL mode must be one of ${TLS_MODES.join(", ")} (or Disable, Prefer, Require, VerifyCA, VerifyFull)`,
  );
}

/** @throws ConnectionStringError unless `text` is a whole number of at least `least` */
export function wholeNumber(key: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value;
  throw new ConnectionStringError(`${key} must be a whole number from ${least} to ${most}`);
}
