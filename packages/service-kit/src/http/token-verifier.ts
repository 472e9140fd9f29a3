import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { configuredBoolean } from "../configuration.ts";
import type { Principal } from "./authentication.ts";
import { createJwtVerifier, type OidcSettings } from "./oidc.ts";
import { configuredList, ROLES } from "./role-settings.ts";

/** A static token as configuration holds it: only its hash. */
export const configuredToken = z.object({
  Subject: z.string().min(1).describe("who the holder is, in policies and in the audit trail"),
  Sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "the SHA-256 of the token in lower-case hexadecimal")
    .describe("of the token, in lower-case hexadecimal"),
  Roles: configuredList.pipe(z.array(z.enum(ROLES)).min(1)).describe(`of ${ROLES.join(", ")}`),
  Delegate: configuredBoolean.default(false).describe("may decide in the name of others"),
  Groups: configuredList.default([]).describe("teams that policies name"),
  Emails: configuredList.default([]).describe("addresses under which the subject commits to Git"),
});
export type ConfiguredToken = z.output<typeof configuredToken>;

/** The hash under which a token is configured. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The tokens that a service accepts, whoever issued them. */
export interface TokenVerifier {
  /**
   * Whose token a request carries; undefined when it carries none that is known.
   *
   * @throws HttpProblem 401 for a JWT that is not accepted, 503 while the provider cannot be asked
   */
  identify(authorization: string | undefined): Promise<Principal | undefined>;
  /** Whether there is any token that could be accepted. */
  readonly isConfigured: boolean;
}

const MAX_TOKEN_LENGTH = 16_000;

export function createTokenVerifier(configured: {
  Tokens: readonly ConfiguredToken[];
  Oidc?: OidcSettings | undefined;
}): TokenVerifier {
  const { Tokens: tokens, Oidc: oidc } = configured;
  const verifyJwt = oidc && createJwtVerifier(oidc);
  return {
    isConfigured: tokens.length > 0 || oidc !== undefined,
    async identify(authorization = "") {
      const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
      if (token === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;
      const isJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
      return principalOfStaticToken(tokens, token) ?? (isJwt ? verifyJwt?.(token) : undefined);
    },
  };
}

/** Finds whose static token this is, comparing hashes in constant time. */
function principalOfStaticToken(
  tokens: readonly ConfiguredToken[],
  token: string,
): Principal | undefined {
  const hash = Buffer.from(hashToken(token), "hex");
  let found: Principal | undefined;
  for (const entry of tokens) {
    if (timingSafeEqual(hash, Buffer.from(entry.Sha256, "hex"))) {
      found = {
        subject: entry.Subject,
        roles: entry.Roles,
        delegate: entry.Delegate,
        method: "token",
        groups: entry.Groups,
        identities: entry.Emails,
      };
    }
  }
  return found;
}
