import { createHash, timingSafeEqual } from "node:crypto";

/** A header of the delivery, by its name in any case. */
export type HeaderOf = (name: string) => string | undefined;

/** How one provider proves that a delivery comes from it. */
export interface WebhookScheme {
  /** Key of the HMAC-SHA256 that is taken over `prefix` and the raw body. */
  key(secret: string): string | Buffer;
  /** What is signed before the body. */
  prefix(header: HeaderOf): string;
  /** Whether the headers fit that HMAC, compared in constant time. */
  isAuthentic(delivery: { header: HeaderOf; digest: Buffer; secret: string }): boolean;
  /** When it was sent, in Unix seconds, where that is signed; else undefined. */
  sentAt(header: HeaderOf): number | undefined;
}

/** The last segment of the URL, and the key under `GitOps.Webhooks`. */
export const WEBHOOK_PROVIDERS = {
  github: "GitHub",
  gitlab: "GitLab",
  bitbucket: "Bitbucket",
  gitea: "Gitea",
  generic: "Generic",
} as const;
export type WebhookProvider = keyof typeof WEBHOOK_PROVIDERS;

/** A signing token of GitLab, as Standard Webhooks writes it; its secret token is any other text. */
const SIGNING_TOKEN = "whsec_";

/** The scheme of a provider; GitLab has two, which the form of the secret tells apart. */
export function webhookScheme(provider: WebhookProvider, secret: string): WebhookScheme {
  switch (provider) {
    case "github":
      return overTheBody((header) => sha256Prefixed(header("X-Hub-Signature-256")));
    case "bitbucket":
      return overTheBody((header) => sha256Prefixed(header("X-Hub-Signature")));
    case "gitea":
      return overTheBody((header) => header("X-Gitea-Signature") ?? header("X-Forgejo-Signature"));
    case "gitlab":
      return secret.startsWith(SIGNING_TOKEN) ? standardWebhooks : secretToken;
    case "generic":
      return generic;
  }
}

/** A scheme that signs the body alone, as hexadecimal. */
function overTheBody(signatureOf: (header: HeaderOf) => string | undefined): WebhookScheme {
  return {
    key: (secret) => secret,
    prefix: () => "",
    isAuthentic: ({ header, digest }) => isHexOf(signatureOf(header), digest),
    sentAt: () => undefined,
  };
}

/** `X-Honua-Timestamp`, a full stop and the body are signed in `X-Honua-Signature-256: sha256=<hex>`. */
const generic: WebhookScheme = {
  key: (secret) => secret,
  prefix: (header) => `${header("X-Honua-Timestamp") ?? ""}.`,
  isAuthentic: ({ header, digest }) =>
    isHexOf(sha256Prefixed(header("X-Honua-Signature-256")), digest),
  sentAt: (header) => unixSeconds(header("X-Honua-Timestamp")),
};

/** GitLab's signing token: https://www.standardwebhooks.com, with `v1` signatures. */
const standardWebhooks: WebhookScheme = {
  key: (secret) => Buffer.from(secret.slice(SIGNING_TOKEN.length), "base64"),
  prefix: (header) => `${header("webhook-id") ?? ""}.${header("webhook-timestamp") ?? ""}.`,
  isAuthentic({ header, digest }) {
    // Several signatures while a token is being replaced; one that fits is enough.
    const given = (header("webhook-signature") ?? "").split(" ", 10);
    return given
      .map((signature) => /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature)?.[1])
      .some((signature) => signature !== undefined && isBase64Of(signature, digest));
  },
  sentAt: (header) => unixSeconds(header("webhook-timestamp")),
};

/** GitLab's secret token, which travels as it is and signs nothing. */
const secretToken: WebhookScheme = {
  key: (secret) => secret,
  prefix: () => "",
  isAuthentic({ header, secret }) {
    // Hashes have one length, so that the comparison does not tell that of the secret.
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
