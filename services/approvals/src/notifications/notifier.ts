import {
  type ChannelStatus,
  getDeployment,
  NOTIFICATIONS_CONSUMER,
  notificationsBucket,
} from "@honua/contracts";
import type { Bus, Log, Service } from "@honua/service-kit";
import { createNotificationCounter } from "../metrics.ts";
import { ChannelQueue } from "./channel-queue.ts";
import type { ChannelSettings } from "./channel-settings.ts";
import { createChannel } from "./channels/create-channel.ts";
import { createDeliveryRecords } from "./delivery-records.ts";
import { notificationTriggerOf } from "./notification-trigger.ts";

export interface Notifier extends Service {
  status(): ChannelStatus[];
}

/** Timeouts in milliseconds that tests shorten. */
export interface NotifierTimeouts {
  claimMs?: number;
  ackWaitMs?: number;
  retry?: { baseMs: number; maxMs: number };
}

/**
 * Sends notifications about deployments. All approvals processes share one durable consumer. An event is
 * acknowledged once every channel that accepts it has sent or abandoned it. Each channel has its own
 * queue, so that a slow channel does not delay the others.
 */
export function createNotifier(deps: {
  channels: readonly ChannelSettings[];
  bus: Bus;
  instance: string;
  now: () => Date;
  log: Log;
  timeouts?: NotifierTimeouts;
}): Notifier {
  const { bus, instance, now, log, timeouts = {} } = deps;
  const count = createNotificationCounter();
  const deliveries = createDeliveryRecords({
    bucket: () => bus.bucket(notificationsBucket),
    instance,
    now,
    ...(timeouts.claimMs === undefined ? {} : { claimMs: timeouts.claimMs }),
  });
  const queues = deps.channels.map(
    (settings) =>
      new ChannelQueue({
        settings,
        channel: createChannel(settings, now),
        deliveries,
        readDeployment: (deploymentId) => bus.call(getDeployment, { deploymentId }),
        count: (outcome) => count({ channel: settings.Name, outcome }),
        now,
        log,
        ...(timeouts.retry ? { retry: timeouts.retry } : {}),
      }),
  );
  let unfollow: (() => Promise<void>) | undefined;
  return {
    status: () => queues.map((queue) => queue.status()),
    async start() {
      if (queues.length === 0) return;
      unfollow = bus.follow({
        name: NOTIFICATIONS_CONSUMER,
        ...(timeouts.ackWaitMs === undefined ? {} : { ackWaitMs: timeouts.ackWaitMs }),
        async handle(event) {
          const trigger = notificationTriggerOf(event);
          if (!trigger) return;
          const accepting = queues.filter((queue) => queue.accepts(trigger));
          await Promise.all(accepting.map((queue) => queue.enqueue(trigger)));
        },
      });
    },
    async stop() {
      await Promise.all(queues.map((queue) => queue.stop()));
      await unfollow?.();
    },
  };
}
