import { z } from "zod";

/** Name of an environment: a single token of a NATS subject and a folder under `environments/`. */
export const environmentName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "an environment is a name of 1 to 63 characters from a–z, 0–9 and '-', without '-' at its start or end",
  );

/** Full SHA-1 or SHA-256 object name of a Git commit. */
export const commitId = z
  .string()
  .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "must be a full commit id");

/** SHA-256 in lower-case hexadecimal. */
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in lower-case hexadecimal");

/** Keyset cursor of a page of deployments. */
export const sequenceCursor = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "use the 'next' of the previous page");

/** An instant in UTC, RFC 3339 with milliseconds. */
export const instant = z.iso.datetime({ offset: true });
