import type { AuditOutcome } from "@honua/contracts";
import { asHttpProblem, type Log, type Principal } from "@honua/service-kit";
import type { NextFunction, Request, Response } from "express";
import type { AuditRecord } from "../audit/audit-entry.ts";
import { type RecordAttempt, recordRefusal } from "../audit/record-attempt.ts";

/** What a request tries to do, in the words of the audit trail. */
export type Attempt = Pick<AuditRecord, "action" | "environment">;

/**
 * Records what was tried and led nowhere, by whoever is known; a request without a known token is
 * nobody's, and would let anybody fill the trail. The answer is left to the next handler.
 *
 * @param attemptOf undefined for requests that change nothing
 */
export function auditRefusedRequests(
  deps: { recordAttempt: RecordAttempt; log: Log },
  attemptOf: (request: Request) => Attempt | undefined,
) {
  return async (error: unknown, request: Request, response: Response, next: NextFunction) => {
    const principal = response.locals.principal as Principal | undefined;
    const attempt = attemptOf(request);
    if (!principal || !attempt) return next(error);
    const { status, message, code } = asHttpProblem(error);
    await recordRefusal(deps, {
      ...attempt,
      actor: `user:${principal.subject}`,
      outcome: auditOutcome(status),
      detail: { status, ...(code ? { code } : {}), message },
    });
    next(error);
  };
}

function auditOutcome(status: number): AuditOutcome {
  if (status === 403) return "denied";
  return status < 500 ? "refused" : "failed";
}
