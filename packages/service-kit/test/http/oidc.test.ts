import { type IdentityProvider, startIdentityProvider } from "@honua/testing/identity-provider";
import { importJWK, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  createTokenVerifier,
  hashToken,
  oidcSettings,
  type TokenVerifier,
} from "../../src/index.ts";

const ana = { email: "ana@example.com", email_verified: true, groups: ["gis-ops", "everybody"] };
const people = {
  ana,
  bo: { groups: ["everybody"], email: "ana@example.com", email_verified: false },
  cy: { groups: "gis-ops console", realm_access: { roles: ["gis-admins"] } },
};
const NOW = () => Math.floor(Date.now() / 1_000);

let provider: IdentityProvider;
let accepted: TokenVerifier;

const acceptedWith = (over: object = {}) =>
  createTokenVerifier({
    Tokens: [],
    Oidc: oidcSettings.parse({
      Issuer: provider.issuer,
      Audience: "honua",
      KeyCooldownSeconds: 0,
      Roles: { "gis-ops": "viewer, approver", console: ["approver", "delegate"] },
      ...over,
    }),
  });
const identify = (token: string, tokens = accepted) => tokens.identify(`Bearer ${token}`);

/** A well-formed token that the provider did not issue. */
async function forged(claims: Record<string, unknown>) {
  const jwk = provider.signingKey();
  return new SignJWT({ sub: "ana", iss: provider.issuer, aud: "honua", exp: NOW() + 60, ...claims })
    .setProtectedHeader({ alg: "ES256", kid: jwk.kid })
    .sign(await importJWK(jwk, "ES256"));
}

beforeAll(async () => {
  provider = await startIdentityProvider(people);
});
afterAll(() => provider?.stop());
beforeEach(() => {
  accepted = acceptedWith();
});

describe("a provider token", () => {
  test("identifies the caller and grants the roles of its groups", async () => {
    expect(await identify(await provider.tokenFor("ana"))).toEqual({
      subject: "ana",
      roles: ["viewer", "approver"],
      delegate: false,
      method: "oidc",
      groups: ["gis-ops", "everybody"],
      identities: ["ana", "ana@example.com"],
    });
    expect(await identify(await provider.tokenFor("cy"))).toMatchObject({
      roles: ["viewer", "approver"],
      delegate: true,
    });
    expect(await identify(await provider.tokenFor("bo"))).toMatchObject({ roles: [] });
  });

  test("can contain subject and groups in other claims", async () => {
    const byEmail = acceptedWith({ SubjectClaim: "email" });
    expect(await identify(await provider.tokenFor("ana"), byEmail)).toMatchObject({
      subject: "ana@example.com",
    });
    await expect(identify(await provider.tokenFor("bo"), byEmail)).rejects.toThrow("not verified");
    await expect(identify(await provider.tokenFor("cy"), byEmail)).rejects.toThrow("no 'email'");
    const nested = acceptedWith({
      GroupsClaim: "realm_access.roles",
      Roles: { "gis-admins": "admin" },
    });
    expect(await identify(await provider.tokenFor("cy"), nested)).toMatchObject({
      roles: ["admin"],
    });
  });

  test("is rejected if its audience differs", async () => {
    await expect(identify(await provider.tokenFor("ana", "mail"))).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining("'aud'"),
    });
  });

  test("is accepted after a key rotation, but rejected if signed with the old key", async () => {
    const old = await provider.tokenFor("ana");
    expect(await identify(old)).toMatchObject({ subject: "ana" });
    provider.changeKey();
    expect(await identify(await provider.tokenFor("ana"))).toMatchObject({ subject: "ana" });
    await expect(identify(old)).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining("signing key is unknown"),
    });
  });
});

describe("a token", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["from another issuer", { iss: "https://elsewhere.example.com" }, "'iss'"],
    ["without an expiry", { exp: undefined }, "'exp'"],
    ["without a subject", { sub: undefined }, "'sub'"],
    ["that expired yesterday", { exp: NOW() - 86_400 }, "expired"],
    ["that is valid from tomorrow", { nbf: NOW() + 86_400 }, "'nbf'"],
  ])("%s is rejected", async (_name, claims, message) => {
    await expect(identify(await forged(claims))).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining(message),
    });
  });

  test("with an invalid signature is rejected", async () => {
    const [header = "", claims = ""] = (await provider.tokenFor("ana")).split(".");
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    const admin = Buffer.from(JSON.stringify({ sub: "ana", groups: ["gis-ops"] }));
    await expect(identify(`${none}.${claims}.x`)).rejects.toMatchObject({ status: 401 });
    await expect(
      identify(`${header}.${admin.toString("base64url")}.${"A".repeat(86)}`),
    ).rejects.toMatchObject({ status: 401 });
    const shared = await new SignJWT({ iss: provider.issuer, aud: "honua", sub: "ana" })
      .setProtectedHeader({ alg: "HS256", kid: provider.signingKey().kid })
      .setExpirationTime("1m")
      .sign(new TextEncoder().encode(JSON.stringify(provider.signingKey())));
    await expect(identify(shared)).rejects.toMatchObject({ status: 401 });
  });
});

test("accepts clock differences up to the tolerance", async () => {
  const expired = (seconds: number) => forged({ exp: NOW() - seconds });
  const tolerant = acceptedWith({ ClockToleranceSeconds: 120 });
  expect(await identify(await expired(60), tolerant)).toMatchObject({ subject: "ana" });
  await expect(identify(await expired(180), tolerant)).rejects.toThrow("expired");
  const strict = acceptedWith({ ClockToleranceSeconds: 0 });
  await expect(identify(await expired(5), strict)).rejects.toThrow("expired");
});

test("returns 503 while the provider is unavailable", async () => {
  const away = await startIdentityProvider(people);
  const token = await away.tokenFor("ana");
  const tokens = acceptedWith({ Issuer: away.issuer });
  await away.stop();
  await expect(identify(token, tokens)).rejects.toMatchObject({
    status: 503,
    code: "identity-provider-unavailable",
  });
  const lost = acceptedWith({ JwksUri: `${provider.issuer}/nothing-here` });
  await expect(identify(await provider.tokenFor("ana"), lost)).rejects.toMatchObject({
    status: 503,
  });
});

test("accepts static tokens and provider tokens, and rejects all others", async () => {
  const tokens = createTokenVerifier({
    Tokens: [
      {
        Subject: "console",
        Sha256: hashToken("a.static.token"),
        Roles: ["approver"],
        Delegate: true,
        Groups: ["gis-ops"],
        Emails: [],
      },
    ],
    Oidc: oidcSettings.parse({ Issuer: provider.issuer, Audience: "honua" }),
  });
  expect(await identify("a.static.token", tokens)).toMatchObject({
    subject: "console",
    method: "token",
    groups: ["gis-ops"],
  });
  expect(await identify("something-else", tokens)).toBeUndefined();
  expect(await tokens.identify(undefined)).toBeUndefined();
  expect(await tokens.identify("Basic YTpi")).toBeUndefined();
});
