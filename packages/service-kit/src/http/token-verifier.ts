import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { configuredBoolean } from "../configuration.ts";
import { createJwtVerifier, type OidcSettings } from "./oidc.ts";
import type { Principal } from "./principal.ts";
import { configuredList, ROLES } from "./role-settings.ts";

/** A static token in the configuration, which stores only its hash. */
export const configuredToken = z.object({
  Subject: z.string().min(1).describe("subject of the token in policies and in the audit trail"),
  Sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "expected the SHA-256 of the token in lower-case hexadecimal")
    .describe("SHA-256 of the token in lower-case hexadecimal"),
  Roles: configuredList
    .pipe(z.array(z.enum(ROLES)).min(1))
    .describe(`roles of the token: ${ROLES.join(", ")}`),
  Delegate: configuredBoolean.default(false).describe("may decide on behalf of other subjects"),
  Groups: configuredList.default([]).describe("teams of the subject, as named in policies"),
  Emails: configuredList.default([]).describe("email addresses of the subject in Git commits"),
});
export type ConfiguredToken = z.output<typeof configuredToken>;

/** Returns the SHA-256 of a token in lower-case hexadecimal, as the configuration expects it. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Verifies static tokens and JWTs of the identity provider. */
export interface TokenVerifier {
  /**
   * Returns the principal of the bearer token in an `Authorization` header, or undefined if the header
   * contains no known token.
   *
   * @throws HttpProblem 401 for an invalid JWT, 503 if the identity provider is unavailable
   */
  identify(authorization: string | undefined): Promise<Principal | undefined>;
  /** False if neither static tokens nor an identity provider are configured. */
  readonly isConfigured: boolean;
}

/** In characters. */
const MAX_TOKEN_LENGTH = 16_000;

/** Creates a verifier for the tokens in the settings `GitOps.Tokens` and `GitOps.Oidc`. */
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

/** Compares the hashes in constant time, and with every entry, so that timing reveals no token. */
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
