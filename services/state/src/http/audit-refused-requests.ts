import type { AuditOutcome } from "@honua/contracts";
import { asHttpProblem, type Log, type Principal } from "@honua/service-kit";
import type { NextFunction, Request, Response } from "express";
import type { AuditRecord } from "../audit/audit-entry.ts";
import { type RecordAttempt, recordRefusal } from "../audit/record-attempt.ts";

/** The audited action that a request attempts. */
export type Attempt = Pick<AuditRecord, "action" | "environment">;

/**
 * Error middleware that audits failed requests of authenticated subjects and passes the error on.
 * Unauthenticated requests are not audited, because anyone could flood the audit trail with them.
 *
 * @param attemptOf returns undefined for requests that change nothing
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
