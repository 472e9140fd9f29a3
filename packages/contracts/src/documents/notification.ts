import { z } from "zod";
import { instant } from "../environment.ts";

/** Delivery status of one notification on one channel. */
export const notificationDelivery = z.object({
  status: z.enum(["sending", "sent", "given-up"]),
  by: z.string().describe("the process that sends or sent it"),
  at: instant,
});
export type NotificationDelivery = z.infer<typeof notificationDelivery>;

/** Status of a notification channel. */
export const channelStatus = z.object({
  name: z.string(),
  type: z.string(),
  status: z.enum(["Healthy", "Degraded"]),
  waiting: z.number().int().nonnegative().describe("number of queued notifications"),
  reason: z.string().nullable().describe("why the last attempt failed"),
  lastSentAt: instant.nullable(),
});
export type ChannelStatus = z.infer<typeof channelStatus>;
