import { z } from "zod";
import { environmentName, instant, sha256 } from "../environment.ts";
import { actor } from "./deployment.ts";

/**
 * How an attempt ended: `accepted` is done later by somebody else, `refused` was not possible,
 * `denied` was not allowed, `failed` was not the caller's fault.
 */
export const auditOutcome = z.enum(["done", "accepted", "refused", "denied", "failed"]);
export type AuditOutcome = z.infer<typeof auditOutcome>;

/** Who did what to what, and how it ended; the entries form a chain by their hashes. */
export const auditEntry = z.object({
  sequence: z.number().int().positive().describe("from 1, without a gap"),
  at: instant,
  environment: environmentName.nullable(),
  actor,
  recordedBy: z.string().nullable().describe("the token's subject, when it acts for another"),
  action: z.string().min(1).describe("such as environment.pause or deployment.approve"),
  target: z.string().nullable().describe("such as the id of a deployment"),
  outcome: auditOutcome,
  detail: z.record(z.string(), z.unknown()),
  previousHash: sha256.describe("hash of the entry before; 64 zeros for the first"),
  hash: sha256.describe("SHA-256 of the canonical JSON of everything else in the entry"),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** The last line of a chain that is read as a whole: what the database recorded as its end. */
export const auditChainEnd = z.object({
  head: z.object({ sequence: z.number().int().nonnegative(), hash: sha256 }),
});
