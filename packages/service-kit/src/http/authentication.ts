import { createHash, timingSafeEqual } from "node:crypto";
import type { NextFunction, Request, Response } from "express";
import { z } from "zod";
import { configuredBoolean } from "../configuration.ts";
import { HttpProblem } from "./problem.ts";

export const ROLES = ["viewer", "approver", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Who calls. */
export interface Principal {
  subject: string;
  roles: readonly Role[];
  /** May act in the name of another subject; both are recorded. */
  delegate: boolean;
}

/** A static token as configuration holds it: only its hash. */
export const configuredToken = z.object({
  Subject: z.string().min(1),
  Sha256: z.string().regex(/^[0-9a-f]{64}$/, "the SHA-256 of the token in lower-case hexadecimal"),
  Roles: z
    .union([z.array(z.enum(ROLES)), z.string().transform((text) => text.split(/[ ,]+/))])
    .pipe(z.array(z.enum(ROLES)).min(1)),
  Delegate: configuredBoolean.default(false),
});
export type ConfiguredToken = z.output<typeof configuredToken>;

/** The hash under which a token is configured. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Finds whose bearer token this is, comparing hashes in constant time. */
export function identify(
  tokens: readonly ConfiguredToken[],
  authorization: string | undefined,
): Principal | undefined {
  const token = /^Bearer ([^\s]{8,512})$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) return undefined;
  const hash = Buffer.from(hashToken(token), "hex");
  let found: Principal | undefined;
  for (const entry of tokens) {
    if (timingSafeEqual(hash, Buffer.from(entry.Sha256, "hex"))) {
      found = { subject: entry.Subject, roles: entry.Roles, delegate: entry.Delegate };
    }
  }
  return found;
}

/** Any role may view; an admin may do everything. */
export function mayAct(principal: Principal, role: Role): boolean {
  return role === "viewer" || principal.roles.includes("admin") || principal.roles.includes(role);
}

/**
 * Lets a request through when its token has the role, and keeps the principal for the handler.
 *
 * @throws HttpProblem 401 without a known token, 403 without the role
 */
export function requireRole(tokens: readonly ConfiguredToken[], role: Role) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const principal = identify(tokens, request.headers.authorization);
    if (!principal) {
      throw new HttpProblem(
        401,
        "Not authenticated",
        "Send 'Authorization: Bearer <token>' with a token that this service knows.",
        {
          code: "not-authenticated",
          headers: { "WWW-Authenticate": 'Bearer realm="honua"' },
        },
      );
    }
    // Kept before the role is checked, so that a refusal can be recorded with its name.
    response.locals.principal = principal;
    if (!mayAct(principal, role)) {
      throw new HttpProblem(
        403,
        "Not allowed",
        `'${principal.subject}' lacks the role '${role}'.`,
        { code: "not-allowed" },
      );
    }
    next();
  };
}

/** Who sent this request; only behind `requireRole`. */
export function principalOf(response: Response): Principal {
  return response.locals.principal as Principal;
}
