/** How much of TLS a connection asks for, in the words of libpq's `sslmode`. */
export const TLS_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** Where a datasource is and how to connect to it, whichever way it was written. */
export interface ConnectionTarget {
  /** Host name, address, or the folder of a Unix socket. */
  host: string;
  port: number;
  database: string;
  user: string;
  password?: string;
  tls: TlsMode;
  /** Path of a PEM file with the authorities to trust. */
  rootCertificate?: string;
  connectTimeoutSeconds?: number;
  statementTimeoutSeconds?: number;
  maxConnections?: number;
}

/** A connection string cannot be understood. The message never quotes it: it holds a password. */
export class ConnectionStringError extends Error {
  override readonly name = "ConnectionStringError";
}

/** The libpq name of a TLS mode written in any of the usual ways (`VerifyFull`, `verify-full`). */
export function tlsModeOf(written: string): TlsMode {
  const plain = written.toLowerCase().replaceAll(/[-_ ]/g, "");
  if (plain === "allow") return "prefer";
  if (plain === "noverify") return "require";
  const mode = TLS_MODES.find((known) => known.replace("-", "") === plain);
  if (mode) return mode;
  throw new ConnectionStringError(
    `the SSL mode is none of ${TLS_MODES.join(", ")} (or Disable, Prefer, Require, VerifyCA, VerifyFull)`,
  );
}

/** @throws ConnectionStringError unless `text` is a whole number of at least `least` */
export function wholeNumber(key: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value;
  throw new ConnectionStringError(`${key} must be a whole number from ${least} to ${most}`);
}
