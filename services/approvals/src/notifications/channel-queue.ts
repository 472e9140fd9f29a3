import type { ChannelStatus, Deployment } from "@honua/contracts";
import { backoffDelay, hasCode, type Log, messageOf, PermanentError } from "@honua/service-kit";
import type { ChannelSettings } from "./channel-settings.ts";
import type { Channel } from "./channels/channel.ts";
import type { Deliveries } from "./delivery-records.ts";
import { type Notification, notificationOf } from "./notification.ts";
import { isOvertaken, type Occasion } from "./notification-trigger.ts";

const RETRY = { baseMs: 1_000, maxMs: 5 * 60_000 };
/** What waits for a channel that fails; fewer than a follower has under way, so that others go on. */
const MOST_WAITING = 500;

/** What a channel still has to send, one after the other. */
export interface ChannelQueue {
  /** Whether this channel wants to be told. */
  wants(occasion: Occasion): boolean;
  /** Resolves when it was sent or given up; rejects when the process stops before. */
  push(occasion: Occasion): Promise<void>;
  status(): ChannelStatus;
  /** Ends the attempt under way; what waits is left to another process. */
  stop(): Promise<void>;
}

export interface ChannelQueueDeps {
  settings: ChannelSettings;
  channel: Channel;
  deliveries: Deliveries;
  readDeployment: (id: string) => Promise<Deployment>;
  /** Counts what became of notifications. */
  count: (outcome: "sent" | "retried" | "given-up") => void;
  now: () => Date;
  log: Log;
  /** A test waits less. */
  retry?: { baseMs: number; maxMs: number };
}

interface Waiting {
  occasion: Occasion;
  done: () => void;
  leave: (reason: Error) => void;
}

/** Sends what one channel wants, in order; a failure delays only what this channel sends afterwards. */
export function createChannelQueue(deps: ChannelQueueDeps): ChannelQueue {
  const { settings, channel, deliveries, now, log, retry = RETRY } = deps;
  const { Name, Type, Environments, Events } = settings;
  const waiting: Waiting[] = [];
  const stopping = new AbortController();
  let failure: string | null = null;
  let lastSentAt: string | null = null;
  let working: Promise<void> | undefined;

  const keyOf = ({ key }: Occasion) => `${Name}.${key}`;
  const redacted = (text: string) =>
    channel.secrets.reduce((safe, secret) => safe.replaceAll(secret, "[redacted]"), text);

  return {
    wants: ({ environment, kind }) =>
      Events.includes(kind) && (Environments?.includes(environment) ?? true),
    push: (occasion) =>
      new Promise<void>((done, leave) => {
        if (stopping.signal.aborted) return leave(new Error("stopping"));
        waiting.push({ occasion, done, leave });
        if (waiting.length > MOST_WAITING) dropOldest();
        working ??= work();
      }),
    status: () => ({
      name: Name,
      type: Type,
      status: failure === null ? "Healthy" : "Degraded",
      waiting: waiting.length,
      reason: failure,
      lastSentAt,
    }),
    async stop() {
      stopping.abort();
      for (const { leave } of waiting.splice(1)) leave(new Error("stopping"));
      await working;
    },
  };

  async function work() {
    for (let next = waiting[0]; next; next = waiting[0]) {
      if (await finish(next.occasion)) next.done();
      else next.leave(new Error("stopping"));
      // It may have been dropped meanwhile.
      if (waiting[0] === next) waiting.shift();
    }
    working = undefined;
  }

  /** Tries until it is sent or given up; false when the process stops before. */
  async function finish(occasion: Occasion): Promise<boolean> {
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      try {
        const claim = await deliveries.claim(keyOf(occasion));
        if (claim.kind === "settled") return true;
        if (claim.kind === "mine") {
          await sendOnce(occasion);
          return true;
        }
        await pause(Math.min(claim.until.getTime() - now().getTime(), retry.maxMs));
      } catch (error) {
        failure = redacted(messageOf(error));
        if (error instanceof PermanentError || isTooOld(occasion)) {
          await giveUp(occasion);
          return true;
        }
        const delay = backoffDelay(attempt, retry);
        log.warn(
          { channel: Name, notification: occasion.key, attempt, delay },
          `Will notify ${Name} again: ${failure}`,
        );
        deps.count("retried");
        await pause(delay);
      }
    }
    await deliveries.release(keyOf(occasion)).catch(() => undefined);
    return false;
  }

  async function sendOnce(occasion: Occasion) {
    const notification = await compose(occasion);
    if (notification) {
      await channel.send(notification);
      failure = null;
      lastSentAt = now().toISOString();
      deps.count("sent");
      log.info(
        { channel: Name, notification: occasion.key },
        `Notified ${Name}: ${notification.title}`,
      );
    }
    await deliveries.settle(keyOf(occasion), "sent");
  }

  /** Undefined: there is nothing to tell any more. */
  async function compose(occasion: Occasion): Promise<Notification | undefined> {
    const { deploymentId, kind } = occasion;
    if (deploymentId === undefined) {
      return notificationOf(occasion, undefined, settings.LinkTemplate);
    }
    try {
      const deployment = await deps.readDeployment(deploymentId);
      if (channel.showsPresentState && isOvertaken(kind, deployment)) return undefined;
      return notificationOf(occasion, deployment, settings.LinkTemplate);
    } catch (error) {
      // Pruned since: nobody waits for it.
      if (hasCode(error, "not-found")) return undefined;
      throw error;
    }
  }

  function isTooOld({ at }: Occasion): boolean {
    return now().getTime() - Date.parse(at) > settings.GiveUpAfterHours * 3_600_000;
  }

  async function giveUp(occasion: Occasion) {
    deps.count("given-up");
    log.error(
      { channel: Name, notification: occasion.key },
      `Gave up notifying ${Name} about ${occasion.key}: ${failure}`,
    );
    await deliveries.settle(keyOf(occasion), "given-up").catch(() => undefined);
  }

  function dropOldest() {
    // The first one is being sent.
    const [dropped] = waiting.splice(1, 1);
    if (!dropped) return;
    failure ??= `more than ${MOST_WAITING} notifications wait`;
    void giveUp(dropped.occasion).then(dropped.done);
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, ms));
      stopping.signal.addEventListener("abort", end, { once: true });
      if (stopping.signal.aborted) end();
    });
  }
}
