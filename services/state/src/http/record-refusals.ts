import { type AuditOutcome, environmentName } from "@honua/contracts";
import { asHttpProblem, type Log, type Principal } from "@honua/service-kit";
import type { NextFunction, Request, Response } from "express";
import { type RecordAttempt, recordRefusal } from "../audit/record-attempt.ts";

/**
 * Records what was tried on a control route and led nowhere, by whoever is known; a request without a
 * known token is nobody's, and would let anybody fill the trail. The answer is left to the next handler.
 */
export function recordRefusals(deps: { recordAttempt: RecordAttempt; log: Log }) {
  return async (error: unknown, request: Request, response: Response, next: NextFunction) => {
    const principal = response.locals.principal as Principal | undefined;
    const [, name, verb] = /^\/environments\/([^/]+)\/([a-z-]+)\/?$/.exec(request.path) ?? [];
    if (request.method === "GET" || !principal || verb === undefined) return next(error);
    const { status, message, code } = asHttpProblem(error);
    const environment = environmentName.safeParse(name);
    await recordRefusal(deps, {
      environment: environment.success ? environment.data : null,
      actor: `user:${principal.subject}`,
      action: `environment.${verb}`,
      outcome: outcomeOf(status),
      detail: { status, ...(code ? { code } : {}), message },
    });
    next(error);
  };
}

function outcomeOf(status: number): AuditOutcome {
  if (status === 403) return "denied";
  return status < 500 ? "refused" : "failed";
}
