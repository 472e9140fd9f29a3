import { createHash, timingSafeEqual } from "node:crypto";

/** Returns a header of the delivery; the case of the name does not matter. */
export type HeaderOf = (name: string) => string | undefined;

/** How deliveries of a provider are authenticated. */
export interface WebhookScheme {
  /** Key of the HMAC-SHA256 over `prefix` and the raw body. */
  key(secret: string): string | Buffer;
  /** Text that is signed before the body. */
  prefix(header: HeaderOf): string;
  /** Whether the headers match that HMAC, compared in constant time. */
  isAuthentic(delivery: { header: HeaderOf; digest: Buffer; secret: string }): boolean;
  /** Signed time of the delivery in Unix seconds; undefined if the provider does not sign it. */
  sentAt(header: HeaderOf): number | undefined;
}

/** Last segment of the URL and key under `GitOps.Webhooks`, by provider. */
export const WEBHOOK_PROVIDERS = {
  github: "GitHub",
  gitlab: "GitLab",
  bitbucket: "Bitbucket",
  gitea: "Gitea",
  generic: "Generic",
} as const;
export type WebhookProvider = keyof typeof WEBHOOK_PROVIDERS;

/** Prefix of a GitLab signing token (Standard Webhooks). Any other secret is a GitLab secret token. */
const SIGNING_TOKEN = "whsec_";

/** The scheme of a provider. GitLab has two; the form of the secret decides. */
export function webhookScheme(provider: WebhookProvider, secret: string): WebhookScheme {
  switch (provider) {
    case "github":
      return bodySignature((header) => sha256Prefixed(header("X-Hub-Signature-256")));
    case "bitbucket":
      return bodySignature((header) => sha256Prefixed(header("X-Hub-Signature")));
    case "gitea":
      return bodySignature(
        (header) => header("X-Gitea-Signature") ?? header("X-Forgejo-Signature"),
      );
    case "gitlab":
      return secret.startsWith(SIGNING_TOKEN) ? standardWebhooks : secretToken;
    case "generic":
      return generic;
  }
}

/** A scheme that signs only the body, in hexadecimal. */
function bodySignature(signatureOf: (header: HeaderOf) => string | undefined): WebhookScheme {
  return {
    key: (secret) => secret,
    prefix: () => "",
    isAuthentic: ({ header, digest }) => isHexOf(signatureOf(header), digest),
    sentAt: () => undefined,
  };
}

/** `X-Honua-Signature-256: sha256=<hex>` signs `X-Honua-Timestamp`, a full stop and the body. */
const generic: WebhookScheme = {
  key: (secret) => secret,
  prefix: (header) => `${header("X-Honua-Timestamp") ?? ""}.`,
  isAuthentic: ({ header, digest }) =>
    isHexOf(sha256Prefixed(header("X-Honua-Signature-256")), digest),
  sentAt: (header) => unixSeconds(header("X-Honua-Timestamp")),
};

/** GitLab signing token: https://www.standardwebhooks.com with `v1` signatures. */
const standardWebhooks: WebhookScheme = {
  key: (secret) => Buffer.from(secret.slice(SIGNING_TOKEN.length), "base64"),
  prefix: (header) => `${header("webhook-id") ?? ""}.${header("webhook-timestamp") ?? ""}.`,
  isAuthentic({ header, digest }) {
    // There are several signatures while a token is rotated; one match is enough.
    const signatures = (header("webhook-signature") ?? "").split(" ", 10);
    return signatures
      .map((signature) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature)?.[1])
      .some((signature) => signature !== undefined && isBase64Of(signature, digest));
  },
  sentAt: (header) => unixSeconds(header("webhook-timestamp")),
};

/** GitLab secret token, which is sent in plain text and signs nothing. */
const secretToken: WebhookScheme = {
  key: (secret) => secret,
  prefix: () => "",
  isAuthentic({ header, secret }) {
    // Hashes have equal lengths, so that the comparison does not reveal the length of the secret.
    return timingSafeEqual(sha256(header("X-Gitlab-Token") ?? ""), sha256(secret));
  },
  sentAt: () => undefined,
};

function sha256Prefixed(value: string | undefined): string | undefined {
  return value?.startsWith("sha256=") ? value.slice("sha256=".length) : undefined;
}

function isHexOf(hex: string | undefined, digest: Buffer): boolean {
  if (hex === undefined || !/^[0-9a-f]{64}$/i.test(hex)) return false;
  return timingSafeEqual(Buffer.from(hex, "hex"), digest);
}

function isBase64Of(text: string, digest: Buffer): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === digest.length && timingSafeEqual(bytes, digest);
}

function unixSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
