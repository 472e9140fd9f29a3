import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

/** Claims of each person, by client id. */
export type People = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A private key as a JWK (RFC 7517). */
interface SigningKey {
  kty: "EC";
  crv: string;
  x: string;
  y: string;
  d: string;
  kid: string;
  use: "sig";
  alg: "ES256";
}

export interface IdentityProvider {
  issuer: string;
  /** Requests a token for a person and `audience`. */
  tokenFor(person: string, audience?: string): Promise<string>;
  /** The current signing key. */
  signingKey(): SigningKey;
  /** Replaces the signing key. */
  changeKey(): void;
  stop(): Promise<void>;
}

const SECRET = "secret-of-every-client-of-the-tests";

/**
 * A real OpenID Connect provider on loopback. People sign in with client credentials, because tests
 * have no browser. Discovery, keys and JWT access tokens are standard.
 */
export async function startIdentityProvider(people: People): Promise<IdentityProvider> {
  let key = newKey();
  let answer: ReturnType<Provider["callback"]> | undefined;
  const server = createServer((request, response) => void answer?.(request, response));
  const issuer = `http://127.0.0.1:${await listen(server)}`;
  const restart = () => {
    answer = providerOf(issuer, people, key).callback();
  };
  restart();
  return {
    issuer,
    signingKey: () => key,
    changeKey() {
      key = newKey();
      restart();
    },
    async tokenFor(person, audience = "honua") {
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${person}:${SECRET}`)}` },
        body: new URLSearchParams({
          grant_type: "client_credentials",
          resource: `urn:test:${audience}`,
        }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token) return body.access_token;
      throw new Error(`The provider issued no token for ${person}: ${JSON.stringify(body)}`);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function providerOf(issuer: string, people: People, key: SigningKey): Provider {
  return new Provider(issuer, {
    clients: Object.keys(people).map((client_id) => ({
      client_id,
      client_secret: SECRET,
      id_token_signed_response_alg: "ES256",
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    })),
    jwks: { keys: [key] },
    ttl: { ClientCredentials: 600 },
    extraTokenClaims: (_context, token) => ({ ...people[token.clientId ?? ""] }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: "",
          audience: resource.replace("urn:test:", ""),
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  });
}

function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { crv = "", x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  return { kty: "EC", crv, x, y, d, kid: randomUUID(), use: "sig", alg: "ES256" };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
