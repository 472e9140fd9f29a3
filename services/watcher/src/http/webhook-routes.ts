import { createHmac } from "node:crypto";
import {
  type Clock,
  type createHttpService,
  type HttpProblem,
  httpProblem,
  type Log,
} from "@honua/service-kit";
import { metrics } from "@opentelemetry/api";
import { rateLimit } from "express-rate-limit";
import { createDeliveryCache } from "./delivery-cache.ts";
import { type WebhookProvider, type WebhookScheme, webhookScheme } from "./webhook-schemes.ts";

type Routes = NonNullable<Parameters<typeof createHttpService>[0]["routes"]>;
type DeliveryRequest = Parameters<Parameters<Parameters<Routes>[0]["post"]>[1]>[0];

/** Largest accepted body in bytes, the limit of GitHub. The body is hashed while it arrives. */
const BODY_LIMIT = 25 * 1024 * 1024;
/** Seconds by which the signed time of a delivery may differ from ours, as in Standard Webhooks. */
const TOLERANCE_SECONDS = 300;
/** Most providers do not sign the time, so only this cache stops replays of their deliveries. */
const DELIVERY_CACHE = { forMs: 24 * 3_600_000, entries: 10_000 };

/**
 * `POST /api/gitops/webhook/<provider>` for each provider with a secret. The only effect of a valid
 * delivery is a poll; the content of the body is ignored.
 *
 * @param options.perMinute deliveries accepted from one address per minute
 */
export function webhookRoutes(options: {
  secrets: ReadonlyMap<WebhookProvider, string>;
  perMinute: number;
  clock: Clock;
  log: Log;
  onDelivery: () => void;
}): Routes {
  const { secrets, perMinute, clock, log, onDelivery } = options;
  const deliveryCache = createDeliveryCache(DELIVERY_CACHE);
  const deliveries = metrics.getMeter("honua.gitops").createCounter("honua.gitops.webhooks", {
    description: "Webhook deliveries, by provider and outcome",
  });
  const limit = rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    // Only the address of the connection counts, because any client can send these headers.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler(_request, _response, next) {
      const detail = `At most ${perMinute} deliveries per minute are accepted. Regular polling continues.`;
      next(httpProblem("too-many-deliveries", detail));
    },
  });

  return (app) => {
    for (const [provider, secret] of secrets) {
      const scheme = webhookScheme(provider, secret);
      app.post(`/api/gitops/webhook/${provider}`, limit, async (request, response) => {
        const refuse = (code: "signature-refused" | "delivery-too-old", detail: string) => {
          deliveries.add(1, { provider, outcome: "refused" });
          log.warn({ provider, code, from: request.ip }, `Refused a webhook: ${detail}`);
          return httpProblem(code, detail);
        };
        const header = (name: string) => request.get(name);
        const digest = await digestOf(request, scheme, secret);
        if (!scheme.isAuthentic({ header, digest, secret })) {
          const detail = `The signature or token does not match the body and the secret of '${provider}'.`;
          throw refuse("signature-refused", detail);
        }
        if (!isFresh(scheme, header, clock.now())) {
          const detail = `The delivery's time differs from ours by more than ${TOLERANCE_SECONDS} seconds.`;
          throw refuse("delivery-too-old", detail);
        }
        // The digest is authenticated; a delivery id can be changed without the secret.
        const isNew = deliveryCache.isNew(`${provider} ${digest.toString("base64")}`, clock.now());
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

/** Computes the HMAC of the body without keeping it. @throws HttpProblem 413 */
async function digestOf(
  request: DeliveryRequest,
  scheme: WebhookScheme,
  secret: string,
): Promise<Buffer> {
  if (Number(request.get("Content-Length") ?? 0) > BODY_LIMIT) throw tooLarge();
  const hmac = createHmac("sha256", scheme.key(secret));
  hmac.update(scheme.prefix((name) => request.get(name)));
  let size = 0;
  // Leaving the loop must not close the connection, because the response is still to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw tooLarge();
    hmac.update(chunk);
  }
  return hmac.digest();
}

function tooLarge(): HttpProblem {
  const detail = `A delivery may have at most ${BODY_LIMIT} bytes.`;
  const headers = { Connection: "close" };
  return httpProblem("body-too-large", detail, { headers });
}
