import {
  type ChannelStatus,
  getDeployment,
  NOTIFICATIONS_CONSUMER,
  notificationsBucket,
} from "@honua/contracts";
import type { Bus, Log, Service } from "@honua/service-kit";
import { metrics } from "@opentelemetry/api";
import { createChannelQueue } from "./channel-queue.ts";
import type { ChannelSettings } from "./channel-settings.ts";
import { createChannel } from "./channels/create-channel.ts";
import { createDeliveries } from "./delivery-records.ts";
import { occasionOf } from "./notification-trigger.ts";

export interface Notifier extends Service {
  status(): ChannelStatus[];
}

/** What a test may be less patient about, in milliseconds. */
export interface NotifierPatience {
  claimMs?: number;
  ackWaitMs?: number;
  retry?: { baseMs: number; maxMs: number };
}

/**
 * Tells people what happens to deployments. Events come from a durable consumer that all approvals
 * processes share, and are done with once every channel that wants them has sent them or given up;
 * each channel has a queue of its own, so none waits for another.
 */
export function createNotifier(deps: {
  channels: readonly ChannelSettings[];
  bus: Bus;
  instance: string;
  now: () => Date;
  log: Log;
  patience?: NotifierPatience;
}): Notifier {
  const { bus, instance, now, log, patience = {} } = deps;
  const counter = metrics
    .getMeter("honua.gitops")
    .createCounter("honua.gitops.notifications", { description: "Notifications, by outcome" });
  const deliveries = createDeliveries({
    bucket: () => bus.bucket(notificationsBucket),
    instance,
    now,
    ...(patience.claimMs === undefined ? {} : { claimMs: patience.claimMs }),
  });
  const queues = deps.channels.map((settings) =>
    createChannelQueue({
      settings,
      channel: createChannel(settings, now),
      deliveries,
      readDeployment: (deploymentId) => bus.call(getDeployment, { deploymentId }),
      count: (outcome) => counter.add(1, { channel: settings.Name, outcome }),
      now,
      log,
      ...(patience.retry ? { retry: patience.retry } : {}),
    }),
  );
  let unfollow: (() => Promise<void>) | undefined;
  return {
    status: () => queues.map((queue) => queue.status()),
    async start() {
      if (queues.length === 0) return;
      unfollow = bus.follow({
        name: NOTIFICATIONS_CONSUMER,
        ...(patience.ackWaitMs === undefined ? {} : { ackWaitMs: patience.ackWaitMs }),
        async handle(event) {
          const occasion = occasionOf(event);
          if (!occasion) return;
          const interested = queues.filter((queue) => queue.wants(occasion));
          await Promise.all(interested.map((queue) => queue.push(occasion)));
        },
      });
    },
    async stop() {
      await Promise.all(queues.map((queue) => queue.stop()));
      await unfollow?.();
    },
  };
}
