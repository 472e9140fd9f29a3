import { createHmac } from "node:crypto";
import type { SettingsOf } from "../channel-settings.ts";
import type { Notification } from "../notification.ts";
import { plainText } from "../plain-text.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";

/**
 * Posts a CloudEvent, signed according to the Standard Webhooks specification: an HMAC-SHA-256 over id,
 * time and body, so that a receiver can detect a forged or replayed request.
 */
export function createWebhookChannel(
  { Url, Secret }: SettingsOf<"webhook">,
  now: () => Date,
): Channel {
  return {
    skipsSuperseded: false,
    secrets: [Secret, Url],
    send(notification) {
      const { id } = notification;
      const timestamp = String(Math.floor(now().getTime() / 1_000));
      const body = JSON.stringify(cloudEvent(notification));
      return post(Url, {
        headers: {
          "content-type": "application/cloudevents+json; charset=utf-8",
          "webhook-id": id,
          "webhook-timestamp": timestamp,
          "webhook-signature": signature(Secret, { id, timestamp, body }),
        },
        body,
      });
    },
  };
}

/** `v1,` and the base64 of the HMAC. The part of a secret after `whsec_` is base64. */
export function signature(
  secret: string,
  { id, timestamp, body }: { id: string; timestamp: string; body: string },
): string {
  const encoded = /^whsec_(.+)$/.exec(secret)?.[1];
  const key = encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, "base64");
  const digest = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return `v1,${digest}`;
}

function cloudEvent(notification: Notification) {
  const { id, kind, environment, at, title, facts, commands, link, deployment } = notification;
  return {
    specversion: "1.0",
    id,
    source: "honua/approvals",
    type: "honua.notification.v1",
    subject: environment,
    time: at,
    datacontenttype: "application/json",
    data: {
      kind,
      environment,
      title,
      text: plainText(notification),
      facts: Object.fromEntries(facts),
      commands,
      link,
      deployment: deployment && {
        id: deployment.id,
        commit: deployment.commit.id,
        branch: deployment.commit.branch,
        author: deployment.commit.author,
        message: deployment.commit.message,
        state: deployment.state,
        reason: deployment.reason,
        riskLevel: deployment.plan?.riskLevel ?? null,
        planDigest: deployment.plan?.planDigest ?? null,
      },
    },
  };
}
