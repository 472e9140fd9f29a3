import { z } from "zod";

/** What a caller should do about an error: give up, come back later, or retry with backoff. */
export const ERROR_KINDS = ["permanent", "waiting", "transient"] as const;
export const errorKind = z.enum(ERROR_KINDS);
export type ErrorKind = z.infer<typeof errorKind>;

/** Codes that callers branch on. */
export const ERROR_CODES = {
  staleVersion: "stale-version",
  illegalTransition: "illegal-transition",
  notFound: "not-found",
  notAwaitingApproval: "not-awaiting-approval",
  planChanged: "plan-changed",
  alreadyDecided: "already-decided",
  notAnApprover: "not-an-approver",
  excludedApprover: "excluded-approver",
  reasonRequired: "reason-required",
  invalidRequest: "invalid-request",
  busy: "busy",
  unavailable: "unavailable",
} as const;

/** An error as it crosses the bus. */
export const wireError = z.object({
  kind: errorKind,
  code: z.string().min(1),
  message: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type WireError = z.infer<typeof wireError>;

/** The answer to a call. */
export const wireReply = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: wireError }),
]);
