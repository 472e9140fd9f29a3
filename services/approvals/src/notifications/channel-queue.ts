import { setTimeout as delay } from "node:timers/promises";
import type { ChannelStatus, Deployment } from "@honua/contracts";
import { backoffDelay, hasCode, type Log, messageOf, PermanentError } from "@honua/service-kit";
import type { ChannelSettings } from "./channel-settings.ts";
import type { Channel } from "./channels/channel.ts";
import type { DeliveryRecords } from "./delivery-records.ts";
import { type Notification, notificationOf } from "./notification.ts";
import { isSuperseded, type NotificationTrigger } from "./notification-trigger.ts";

const RETRY = { baseMs: 1_000, maxMs: 5 * 60_000 };
/**
 * Maximum queue length of a failing channel. It is below the consumer's maximum of events in flight, so
 * that a failing channel cannot block the others.
 */
const MAX_WAITING = 500;

export interface ChannelQueueDeps {
  settings: ChannelSettings;
  channel: Channel;
  deliveries: DeliveryRecords;
  readDeployment: (id: string) => Promise<Deployment>;
  /** Counts the outcomes of notifications. */
  count: (outcome: "sent" | "retried" | "given-up") => void;
  now: () => Date;
  log: Log;
  /** Backoff between attempts; tests use a shorter one. */
  retry?: { baseMs: number; maxMs: number };
}

interface QueuedNotification {
  trigger: NotificationTrigger;
  resolve: () => void;
  reject: (reason: Error) => void;
}

/**
 * Sends the notifications of one channel in order. A failure delays only the later notifications of the
 * same channel.
 */
export class ChannelQueue {
  readonly #deps: ChannelQueueDeps;
  readonly #retry: { baseMs: number; maxMs: number };
  readonly #waiting: QueuedNotification[] = [];
  readonly #stopping = new AbortController();
  #failure: string | null = null;
  #lastSentAt: string | null = null;
  #sending: Promise<void> | undefined;

  constructor(deps: ChannelQueueDeps) {
    this.#deps = deps;
    this.#retry = deps.retry ?? RETRY;
  }

  /** Whether the settings of the channel select this kind of event in this environment. */
  accepts({ environment, kind }: NotificationTrigger): boolean {
    const { Environments, Events } = this.#deps.settings;
    return Events.includes(kind) && (Environments?.includes(environment) ?? true);
  }

  /** Resolves when the notification was sent or abandoned; rejects if the process stops before. */
  enqueue(trigger: NotificationTrigger): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#stopping.signal.aborted) return reject(new Error("stopping"));
      this.#waiting.push({ trigger, resolve, reject });
      if (this.#waiting.length > MAX_WAITING) this.#dropOldest();
      this.#sending ??= this.#sendAll();
    });
  }

  status(): ChannelStatus {
    const { Name, Type } = this.#deps.settings;
    return {
      name: Name,
      type: Type,
      status: this.#failure === null ? "Healthy" : "Degraded",
      waiting: this.#waiting.length,
      reason: this.#failure,
      lastSentAt: this.#lastSentAt,
    };
  }

  /** Ends the current attempt and leaves the waiting notifications to another process. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { reject } of this.#waiting.splice(1)) reject(new Error("stopping"));
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (await this.#sendWithRetries(next.trigger)) next.resolve();
      else next.reject(new Error("stopping"));
      // The entry may have been dropped in the meantime.
      if (this.#waiting[0] === next) this.#waiting.shift();
    }
    this.#sending = undefined;
  }

  /** Retries until the notification was sent or abandoned; false if the process stops before. */
  async #sendWithRetries(trigger: NotificationTrigger): Promise<boolean> {
    const { deliveries, now } = this.#deps;
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt += 1) {
      try {
        const claim = await deliveries.claim(this.#recordKey(trigger));
        if (claim.kind === "settled") return true;
        if (claim.kind === "acquired") {
          await this.#send(trigger);
          return true;
        }
        await this.#pause(Math.min(claim.until.getTime() - now().getTime(), this.#retry.maxMs));
      } catch (error) {
        this.#failure = this.#redact(messageOf(error));
        if (error instanceof PermanentError || this.#isExpired(trigger)) {
          await this.#giveUp(trigger);
          return true;
        }
        await this.#waitForRetry(trigger, attempt);
      }
    }
    await deliveries.release(this.#recordKey(trigger)).catch(() => undefined);
    return false;
  }

  async #waitForRetry(trigger: NotificationTrigger, attempt: number): Promise<void> {
    const { settings, log, count } = this.#deps;
    const delayMs = backoffDelay(attempt, this.#retry);
    log.warn(
      { channel: settings.Name, notification: trigger.key, attempt, delay: delayMs },
      `Will notify ${settings.Name} again: ${this.#failure}`,
    );
    count("retried");
    await this.#pause(delayMs);
  }

  async #send(trigger: NotificationTrigger): Promise<void> {
    const { settings, channel, deliveries, now, log, count } = this.#deps;
    const notification = await this.#compose(trigger);
    if (notification) {
      await channel.send(notification);
      this.#failure = null;
      this.#lastSentAt = now().toISOString();
      count("sent");
      log.info(
        { channel: settings.Name, notification: trigger.key },
        `Notified ${settings.Name}: ${notification.title}`,
      );
    }
    await deliveries.settle(this.#recordKey(trigger), "sent");
  }

  /** Undefined if the notification is no longer relevant. */
  async #compose(trigger: NotificationTrigger): Promise<Notification | undefined> {
    const { settings, channel, readDeployment } = this.#deps;
    const { deploymentId, kind } = trigger;
    if (deploymentId === undefined) {
      return notificationOf(trigger, undefined, settings.LinkTemplate);
    }
    try {
      const deployment = await readDeployment(deploymentId);
      if (channel.skipsSuperseded && isSuperseded(kind, deployment)) return undefined;
      return notificationOf(trigger, deployment, settings.LinkTemplate);
    } catch (error) {
      // The deployment was pruned from the history.
      if (hasCode(error, "not-found")) return undefined;
      throw error;
    }
  }

  async #giveUp(trigger: NotificationTrigger): Promise<void> {
    const { settings, deliveries, log, count } = this.#deps;
    count("given-up");
    log.error(
      { channel: settings.Name, notification: trigger.key },
      `Gave up notifying ${settings.Name} about ${trigger.key}: ${this.#failure}`,
    );
    await deliveries.settle(this.#recordKey(trigger), "given-up").catch(() => undefined);
  }

  #dropOldest(): void {
    // The first entry is being sent.
    const [dropped] = this.#waiting.splice(1, 1);
    if (!dropped) return;
    this.#failure ??= `more than ${MAX_WAITING} notifications wait`;
    void this.#giveUp(dropped.trigger).then(dropped.resolve);
  }

  #recordKey({ key }: NotificationTrigger): string {
    return `${this.#deps.settings.Name}.${key}`;
  }

  #isExpired({ at }: NotificationTrigger): boolean {
    const { settings, now } = this.#deps;
    return now().getTime() - Date.parse(at) > settings.GiveUpAfterHours * 3_600_000;
  }

  #redact(text: string): string {
    return this.#deps.channel.secrets.reduce(
      (safe, secret) => safe.replaceAll(secret, "[redacted]"),
      text,
    );
  }

  /** Waits, or returns early when the queue stops. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    await delay(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
  }
}
