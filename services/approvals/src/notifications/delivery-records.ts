import type { NotificationDelivery } from "@honua/contracts";
import type { Bucket } from "@honua/service-kit";

/** Milliseconds after which a claim expires; well above the timeout of one attempt. */
const CLAIM_MS = 60_000;

/** The result of claiming a notification. */
export type Claim =
  | { kind: "acquired"; revision: number }
  /** Sent or abandoned. */
  | { kind: "settled" }
  /** Claimed by another process; the claim expires at `until`. */
  | { kind: "held"; until: Date };

/** Delivery records that all processes share, so that each notification is sent once. */
export interface DeliveryRecords {
  claim(key: string): Promise<Claim>;
  settle(key: string, status: "sent" | "given-up"): Promise<void>;
  /** Gives up a claim, so that another process can acquire it. */
  release(key: string): Promise<void>;
}

/**
 * Keeps one record per notification, written by compare-and-set. If a process dies between sending and
 * recording, its claim expires and the notification is sent again (at-least-once delivery). Receivers
 * can recognise the duplicate by its id.
 */
export function createDeliveryRecords(deps: {
  bucket: () => Promise<Bucket<NotificationDelivery>>;
  instance: string;
  now: () => Date;
  claimMs?: number;
}): DeliveryRecords {
  const { instance, now, claimMs = CLAIM_MS } = deps;
  const record = (status: NotificationDelivery["status"], at = now()): NotificationDelivery => ({
    status,
    by: instance,
    at: at.toISOString(),
  });
  return {
    async claim(key) {
      const bucket = await deps.bucket();
      const found = await bucket.get(key);
      if (found && found.value.status !== "sending") return { kind: "settled" };
      const until = new Date(Date.parse(found?.value.at ?? "") + claimMs);
      const isHeld = found && found.value.by !== instance && until > now();
      if (isHeld) return { kind: "held", until };
      const revision = await bucket.compareAndSet(key, record("sending"), found?.revision ?? 0);
      // Another process has just claimed it.
      return revision === undefined
        ? { kind: "held", until: new Date(now().getTime() + claimMs) }
        : { kind: "acquired", revision };
    },
    async settle(key, status) {
      await (await deps.bucket()).put(key, record(status));
    },
    async release(key) {
      await (await deps.bucket()).put(key, record("sending", new Date(0)));
    },
  };
}
