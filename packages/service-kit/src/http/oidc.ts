import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import type { Principal } from "./authentication.ts";
import { HttpProblem, httpProblem } from "./problem.ts";
import { configuredList, configuredRoles, type Role } from "./role-settings.ts";

/** Where JWTs come from that people sign in with. */
export const oidcSettings = z.object({
  Issuer: z.url().describe("exactly as it stands in `iss`"),
  Audience: z.string().min(1).describe("what must stand in `aud`"),
  JwksUri: z.url().optional().describe("of the keys; found at the issuer when absent"),
  SubjectClaim: z.string().min(1).default("sub").describe("names people in policies and the audit"),
  GroupsClaim: z.string().min(1).default("groups").describe("dots go into objects"),
  Roles: z
    .record(z.string(), configuredRoles)
    .default({})
    .describe("of each group; without any of them a caller may do nothing"),
  ClockToleranceSeconds: z.coerce
    .number()
    .int()
    .min(0)
    .max(300)
    .default(30)
    .describe("by which clocks may differ"),
  KeyCooldownSeconds: z.coerce
    .number()
    .min(0)
    .default(30)
    .describe("between two looks at the provider's keys for one that is not known"),
});
export type OidcSettings = z.output<typeof oidcSettings>;

/** Signatures that only the provider can make; never `none`, never one with a shared secret. */
const ALGORITHMS = ["RS", "PS", "ES"].flatMap((kind) => ["256", "384", "512"].map((n) => kind + n));
const FETCH_TIMEOUT_MS = 5_000;

/** Reads JWTs of one provider. @throws HttpProblem 401 when one is not accepted, 503 without keys */
export type VerifyJwt = (token: string) => Promise<Principal>;

export function createJwtVerifier(settings: OidcSettings): VerifyJwt {
  const loadKeySet = createKeySetLoader(settings);
  return async (token) => {
    const { payload } = await jwtVerify(token, await loadKeySet(), {
      issuer: settings.Issuer,
      audience: settings.Audience,
      algorithms: [...ALGORITHMS, "EdDSA"],
      clockTolerance: settings.ClockToleranceSeconds,
      requiredClaims: ["exp", "sub"],
    }).catch((error: unknown) => {
      throw asTokenProblem(error);
    });
    return principalOfClaims(payload, settings);
  };
}

/**
 * The keys of the provider. They are fetched when they are first needed, kept for ten minutes, and
 * fetched again when a token is signed with an unknown one: that is how keys are changed.
 */
function createKeySetLoader({ Issuer, JwksUri, KeyCooldownSeconds }: OidcSettings) {
  let keySet: ReturnType<typeof createRemoteJWKSet> | undefined;
  return async () => {
    keySet ??= createRemoteJWKSet(new URL(JwksUri ?? (await discoverJwksUri(Issuer))), {
      cooldownDuration: KeyCooldownSeconds * 1_000,
      timeoutDuration: FETCH_TIMEOUT_MS,
      [customFetch]: async (url, options) => {
        const response = await fetch(url, options).catch((cause: unknown) => {
          throw providerUnavailable(url, cause);
        });
        if (response.ok) return response;
        throw providerUnavailable(url, new Error(`it answered ${response.status}`));
      },
    });
    return keySet;
  };
}

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** OpenID Connect Discovery 1.0, section 4. */
async function discoverJwksUri(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const document = discoveryDocument.parse(await response.json());
    if (document.issuer === issuer) return document.jwks_uri;
    throw new Error(`it calls itself '${document.issuer}'`);
  } catch (cause) {
    throw providerUnavailable(url, cause);
  }
}

function principalOfClaims(claims: JWTPayload, settings: OidcSettings): Principal {
  const subject = claims[settings.SubjectClaim];
  if (typeof subject !== "string" || subject.trim() === "") {
    throw invalidToken(`it has no '${settings.SubjectClaim}'`);
  }
  if (settings.SubjectClaim === "email" && claims.email_verified === false) {
    throw invalidToken("its e-mail address is not verified");
  }
  const groups = configuredList.safeParse(claimAtPath(claims, settings.GroupsClaim)).data ?? [];
  const granted = groups.flatMap((group) =>
    Object.hasOwn(settings.Roles, group) ? (settings.Roles[group] ?? []) : [],
  );
  const names = [claims.sub, claims.email, claims.preferred_username];
  return {
    subject,
    roles: [...new Set(granted)].filter((role): role is Role => role !== "delegate"),
    delegate: granted.includes("delegate"),
    method: "oidc",
    groups,
    identities: names.filter((name): name is string => typeof name === "string"),
  };
}

/** A claim, also inside of objects, as `realm_access.roles`; a name with dots is tried as it is. */
function claimAtPath(claims: JWTPayload, path: string): unknown {
  if (path in claims) return claims[path];
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], claims);
}

/** What the caller may know of why a token was not accepted. */
function asTokenProblem(error: unknown): unknown {
  if (error instanceof HttpProblem) return error;
  if (error instanceof errors.JWTExpired) return invalidToken("it has expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalidToken(`its '${error.claim}' is missing or not the one that is expected here`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) return invalidToken("its key is not known");
  if (error instanceof errors.JWKSTimeout) return providerUnavailable("the keys", error);
  if (error instanceof errors.JOSEError) return invalidToken("it is not a JWT of the provider");
  return error;
}

function invalidToken(why: string): HttpProblem {
  return httpProblem("not-authenticated", `The token is not accepted: ${why}.`, {
    headers: { "WWW-Authenticate": 'Bearer realm="honua", error="invalid_token"' },
  });
}

function providerUnavailable(what: string, cause: unknown): HttpProblem {
  return httpProblem(
    "identity-provider-unavailable",
    `The identity provider cannot be asked (${what}): ${messageOf(cause)}.`,
    { headers: { "Retry-After": "5" } },
  );
}
