import type { NextFunction, Request, Response } from "express";
import { hasRole, type Principal } from "./principal.ts";
import { httpProblem } from "./problem.ts";
import type { Role } from "./role-settings.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/**
 * Creates middleware that requires a role and stores the principal for `principalOf`.
 *
 * @throws HttpProblem 401 without a known token, 403 without the role
 */
export function requireRole(tokens: TokenVerifier, role: Role) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const principal = await tokens.identify(request.headers.authorization);
    if (!principal) {
      throw httpProblem(
        "not-authenticated",
        "Send 'Authorization: Bearer <token>' with a token that this service accepts.",
        { headers: { "WWW-Authenticate": 'Bearer realm="honua"' } },
      );
    }
    // Stored before the role check, so that the audit entry of a denied request contains the subject.
    response.locals.principal = principal;
    if (!hasRole(principal, role)) {
      throw httpProblem("not-allowed", `'${principal.subject}' lacks the role '${role}'.`);
    }
    next();
  };
}

/** Returns the principal of a request. Use it only in handlers behind `requireRole`. */
export function principalOf(response: Response): Principal {
  return response.locals.principal as Principal;
}
