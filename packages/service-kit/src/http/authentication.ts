import type { NextFunction, Request, Response } from "express";
import { httpProblem } from "./problem.ts";
import type { Role } from "./role-settings.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** Who calls. */
export interface Principal {
  subject: string;
  roles: readonly Role[];
  /** May act in the name of another subject; both are recorded. */
  delegate: boolean;
  /** How that was made sure. */
  method: "token" | "oidc";
  /** Groups that the token, or the identity provider, says the subject is in. */
  groups: readonly string[];
  /** Further names of the subject, such as addresses that commits carry. */
  identities: readonly string[];
}

/** Any role may view; an admin may do everything. */
export function hasRole(principal: Pick<Principal, "roles">, role: Role): boolean {
  const { roles } = principal;
  if (role === "viewer") return roles.length > 0;
  return roles.includes("admin") || roles.includes(role);
}

/**
 * Lets a request through when its token has the role, and keeps the principal for the handler.
 *
 * @throws HttpProblem 401 without a known token, 403 without the role
 */
export function requireRole(tokens: TokenVerifier, role: Role) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const principal = await tokens.identify(request.headers.authorization);
    if (!principal) {
      throw httpProblem(
        "not-authenticated",
        "Send 'Authorization: Bearer <token>' with a token that this service knows.",
        { headers: { "WWW-Authenticate": 'Bearer realm="honua"' } },
      );
    }
    // Kept before the role is checked, so that a refusal can be recorded with its name.
    response.locals.principal = principal;
    if (!hasRole(principal, role)) {
      throw httpProblem("not-allowed", `'${principal.subject}' lacks the role '${role}'.`);
    }
    next();
  };
}

/** Who sent this request; only behind `requireRole`. */
export function principalOf(response: Response): Principal {
  return response.locals.principal as Principal;
}
