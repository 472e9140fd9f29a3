import type { NotificationDelivery } from "@honua/contracts";
import type { Bucket } from "@honua/service-kit";

/** Milliseconds after which a sender that said nothing more counts as gone; well above one attempt. */
const CLAIM_MS = 60_000;

/** Whether this process is to send a notification. */
export type Claim =
  | { kind: "mine"; revision: number }
  | { kind: "settled" }
  /** Another process sends it; it may have ended by then. */
  | { kind: "theirs"; until: Date };

/** Who sends what, remembered for all processes, so that each notification is sent once. */
export interface Deliveries {
  claim(key: string): Promise<Claim>;
  settle(key: string, status: "sent" | "given-up"): Promise<void>;
  /** Leaves what was claimed to another process. */
  release(key: string): Promise<void>;
}

/**
 * Keeps a record for each notification, written by compare-and-set. A process that dies between sending
 * and recording leaves a claim that runs out, and the notification is sent again: two are better than
 * none, and receivers can tell them by their id.
 */
export function createDeliveries(deps: {
  bucket: () => Promise<Bucket<NotificationDelivery>>;
  instance: string;
  now: () => Date;
  claimMs?: number;
}): Deliveries {
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
      const held = found && found.value.by !== instance && until > now();
      if (held) return { kind: "theirs", until };
      const revision = await bucket.compareAndSet(key, record("sending"), found?.revision ?? 0);
      // Somebody was quicker; whoever it was has just begun.
      return revision === undefined
        ? { kind: "theirs", until: new Date(now().getTime() + claimMs) }
        : { kind: "mine", revision };
    },
    async settle(key, status) {
      await (await deps.bucket()).put(key, record(status));
    },
    async release(key) {
      await (await deps.bucket()).put(key, record("sending", new Date(0)));
    },
  };
}
