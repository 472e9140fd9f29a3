import { createHmac } from "node:crypto";
import { type Clock, type createHttpService, HttpProblem, type Log } from "@honua/service-kit";
import { metrics } from "@opentelemetry/api";
import { rateLimit } from "express-rate-limit";
import { createReplayMemory } from "./delivery-cache.ts";
import { type WebhookProvider, type WebhookScheme, webhookScheme } from "./webhook-schemes.ts";

type Routes = NonNullable<Parameters<typeof createHttpService>[0]["routes"]>;
type DeliveryRequest = Parameters<Parameters<Parameters<Routes>[0]["post"]>[1]>[0];

/** Largest body that is read, in bytes: what GitHub sends at most. It is hashed as it comes in. */
const BODY_LIMIT = 25 * 1024 * 1024;
/** Seconds by which the signed time of a delivery may differ from ours, as Standard Webhooks has it. */
const TOLERANCE_SECONDS = 300;
/** For how long a delivery is recognised. Most providers sign no time, so this is what stops a replay. */
const REPLAY_MEMORY = { forMs: 24 * 3_600_000, entries: 10_000 };

/**
 * `POST /api/gitops/webhook/<provider>` for each provider that has a secret. A valid delivery has
 * one effect, a poll; what the body says is not looked at.
 *
 * @param options.perMinute deliveries that are read from one address in a minute
 */
export function webhookRoutes(options: {
  secrets: ReadonlyMap<WebhookProvider, string>;
  perMinute: number;
  clock: Clock;
  log: Log;
  onDelivery: () => void;
}): Routes {
  const { secrets, perMinute, clock, log, onDelivery } = options;
  const memory = createReplayMemory(REPLAY_MEMORY);
  const deliveries = metrics.getMeter("honua.gitops").createCounter("honua.gitops.webhooks", {
    description: "Webhook deliveries that were read, by provider and outcome",
  });
  const limit = rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    // The address of the connection is what counts; a header that anybody can write is not read.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler(_request, _response, next) {
      const detail = `At most ${perMinute} deliveries in a minute are read; the regular poll goes on.`;
      next(new HttpProblem(429, "Too many requests", detail, { code: "too-many-deliveries" }));
    },
  });

  return (app) => {
    for (const [provider, secret] of secrets) {
      const scheme = webhookScheme(provider, secret);
      app.post(`/api/gitops/webhook/${provider}`, limit, async (request, response) => {
        const refuse = (code: string, detail: string) => {
          deliveries.add(1, { provider, outcome: "refused" });
          log.warn({ provider, code, from: request.ip }, `A webhook was refused: ${detail}`);
          return new HttpProblem(401, "Not authenticated", detail, { code });
        };
        const header = (name: string) => request.get(name);
        const digest = await digestOf(request, scheme, secret);
        if (!scheme.isAuthentic({ header, digest, secret })) {
          const detail = `The signature or token does not fit the body and the secret of '${provider}'.`;
          throw refuse("signature-refused", detail);
        }
        if (!isFresh(scheme, header, clock.now())) {
          const detail = `The delivery's time differs from ours by more than ${TOLERANCE_SECONDS} seconds.`;
          throw refuse("delivery-too-old", detail);
        }
        // What is authenticated is remembered; a delivery id can be changed without the secret.
        const isNew = memory.isNew(`${provider} ${digest.toString("base64")}`, clock.now());
        deliveries.add(1, { provider, outcome: isNew ? "accepted" : "repeated" });
        if (isNew) onDelivery();
        response.status(isNew ? 202 : 200).json({ accepted: isNew });
      });
    }
  };
}

function isFresh(
  scheme: WebhookScheme,
  header: (name: string) => string | undefined,
  now: Date,
): boolean {
  const sentAt = scheme.sentAt(header);
  return sentAt === undefined || Math.abs(now.getTime() / 1_000 - sentAt) <= TOLERANCE_SECONDS;
}

/** The HMAC of the body, of which nothing is kept. @throws HttpProblem 413 */
async function digestOf(
  request: DeliveryRequest,
  scheme: WebhookScheme,
  secret: string,
): Promise<Buffer> {
  if (Number(request.get("Content-Length") ?? 0) > BODY_LIMIT) throw tooLarge();
  const hmac = createHmac("sha256", scheme.key(secret));
  hmac.update(scheme.prefix((name) => request.get(name)));
  let size = 0;
  // Leaving the loop must not close the connection, on which the answer is still to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw tooLarge();
    hmac.update(chunk);
  }
  return hmac.digest();
}

function tooLarge(): HttpProblem {
  const detail = `A delivery has at most ${BODY_LIMIT} bytes.`;
  const headers = { Connection: "close" };
  return new HttpProblem(413, "Too large", detail, { code: "body-too-large", headers });
}
