import { z } from "zod";

/** Name of an environment; one token of a NATS subject, one folder under `environments/`. */
export const environmentName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "an environment is 1–63 of a–z, 0–9 and '-', and neither starts nor ends with '-'",
  );

/** Full SHA-1 or SHA-256 object name of a Git commit. */
export const commitId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "a full commit id");

/** Lower-case hexadecimal SHA-256. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in lower-case hexadecimal");

/** Where a page of deployments ends. */
export const sequenceCursor = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, "use the 'next' of the page before");

/** An instant in UTC, RFC 3339 with milliseconds. */
export const instant = z.iso.datetime({ offset: true });
