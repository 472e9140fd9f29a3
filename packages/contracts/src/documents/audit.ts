import { z } from "zod";
import { environmentName, instant, sha256 } from "../environment.ts";
import { actor } from "./deployment.ts";

/**
 * Outcome of an attempt: `accepted` means that another service performs it later, `refused` that it
 * was not possible in the current state, `denied` that the caller lacked the permission, and
 * `failed` that an error occurred which the caller did not cause.
 */
export const auditOutcome = z.enum(["done", "accepted", "refused", "denied", "failed"]);
export type AuditOutcome = z.infer<typeof auditOutcome>;

/** One entry of the audit trail: actor, action, target and outcome. The hashes form a chain. */
export const auditEntry = z.object({
  sequence: z.number().int().positive().describe("starts at 1 and has no gaps"),
  at: instant,
  environment: environmentName.nullable(),
  actor,
  recordedBy: z
    .string()
    .nullable()
    .describe("subject of the token, if it acts for another subject"),
  action: z.string().min(1).describe("such as environment.pause or deployment.approve"),
  target: z.string().nullable().describe("such as the id of a deployment"),
  outcome: auditOutcome,
  detail: z.record(z.string(), z.unknown()),
  previousHash: sha256.describe("hash of the preceding entry; 64 zeros for the first entry"),
  hash: sha256.describe("SHA-256 of the canonical JSON of all other fields of the entry"),
});
export type AuditEntry = z.infer<typeof auditEntry>;

/** The last line of an exported audit chain: the head that the database recorded. */
export const auditChainEnd = z.object({
  head: z.object({ sequence: z.number().int().nonnegative(), hash: sha256 }),
});
