import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import type { Principal } from "./principal.ts";
import { HttpProblem, httpProblem } from "./problem.ts";
import { configuredList, configuredRoles, type Role } from "./role-settings.ts";

/** Settings of the identity provider whose JWTs the service accepts. */
export const oidcSettings = z.object({
  Issuer: z.url().describe("issuer URL, identical to the claim `iss`"),
  Audience: z.string().min(1).describe("required value of the claim `aud`"),
  JwksUri: z.url().optional().describe("URL of the key set; discovered at the issuer if absent"),
  SubjectClaim: z
    .string()
    .min(1)
    .default("sub")
    .describe("claim with the subject for policies and the audit trail"),
  GroupsClaim: z
    .string()
    .min(1)
    .default("groups")
    .describe("claim with the groups; dots address nested objects"),
  Roles: z
    .record(z.string(), configuredRoles)
    .default({})
    .describe("roles of each group; a caller without a role is denied"),
  ClockToleranceSeconds: z.coerce
    .number()
    .int()
    .min(0)
    .max(300)
    .default(30)
    .describe("allowed clock difference"),
  KeyCooldownSeconds: z.coerce
    .number()
    .min(0)
    .default(30)
    .describe("minimum interval between two downloads of the key set for an unknown key"),
});
export type OidcSettings = z.output<typeof oidcSettings>;

/** Asymmetric signatures only: `none` and algorithms with a shared secret are never accepted. */
const ALGORITHMS = ["RS", "PS", "ES"].flatMap((kind) => ["256", "384", "512"].map((n) => kind + n));
const FETCH_TIMEOUT_MS = 5_000;

/**
 * Verifies a JWT and returns its principal.
 *
 * @throws HttpProblem 401 for an invalid token, 503 if the keys of the provider are unavailable
 */
export type VerifyJwt = (token: string) => Promise<Principal>;

/** Creates a verifier for the JWTs of one identity provider. */
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
 * Creates a function that returns the key set of the provider. The key set is downloaded on first use,
 * cached for ten minutes, and downloaded again for a token with an unknown key, which supports key
 * rotation.
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
        throw providerUnavailable(url, new Error(`it responded with status ${response.status}`));
      },
    });
    return keySet;
  };
}

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** Returns the `jwks_uri` of the discovery document (OpenID Connect Discovery 1.0, section 4). */
async function discoverJwksUri(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it responded with status ${response.status}`);
    const document = discoveryDocument.parse(await response.json());
    if (document.issuer === issuer) return document.jwks_uri;
    throw new Error(`its issuer is '${document.issuer}'`);
  } catch (cause) {
    throw providerUnavailable(url, cause);
  }
}

function principalOfClaims(claims: JWTPayload, settings: OidcSettings): Principal {
  const subject = claims[settings.SubjectClaim];
  if (typeof subject !== "string" || subject.trim() === "") {
    throw invalidToken(`it has no '${settings.SubjectClaim}' claim`);
  }
  if (settings.SubjectClaim === "email" && claims.email_verified === false) {
    throw invalidToken("its email address is not verified");
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

/**
 * Returns a claim by name or by path, such as `realm_access.roles`. A claim whose name contains the
 * dots takes precedence.
 */
function claimAtPath(claims: JWTPayload, path: string): unknown {
  if (path in claims) return claims[path];
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], claims);
}

/** Converts an error of `jose` to a problem that reveals no internals to the caller. */
function asTokenProblem(error: unknown): unknown {
  if (error instanceof HttpProblem) return error;
  if (error instanceof errors.JWTExpired) return invalidToken("it has expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalidToken(
      `its '${error.claim}' claim is missing or does not have the expected value`,
    );
  }
  if (error instanceof errors.JWKSNoMatchingKey) return invalidToken("its signing key is unknown");
  if (error instanceof errors.JWKSTimeout) return providerUnavailable("key set", error);
  if (error instanceof errors.JOSEError)
    return invalidToken("it is not a valid JWT of the provider");
  return error;
}

function invalidToken(reason: string): HttpProblem {
  return httpProblem("not-authenticated", `The token is not accepted: ${reason}.`, {
    headers: { "WWW-Authenticate": 'Bearer realm="honua", error="invalid_token"' },
  });
}

function providerUnavailable(resource: string, cause: unknown): HttpProblem {
  return httpProblem(
    "identity-provider-unavailable",
    `The identity provider is unavailable (${resource}): ${messageOf(cause)}.`,
    { headers: { "Retry-After": "5" } },
  );
}
