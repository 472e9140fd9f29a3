import { z } from "zod";
import { instant } from "../environment.ts";

/** How the delivery of one notification to one channel stands. */
export const notificationDelivery = z.object({
  status: z.enum(["sending", "sent", "given-up"]),
  by: z.string().describe("the process that sends it, or did"),
  at: instant,
});
export type NotificationDelivery = z.infer<typeof notificationDelivery>;

/** How a channel by which people are told is doing. */
export const channelStatus = z.object({
  name: z.string(),
  type: z.string(),
  status: z.enum(["Healthy", "Degraded"]),
  waiting: z.number().int().nonnegative().describe("notifications that are still to be sent"),
  reason: z.string().nullable().describe("why the last attempt failed"),
  lastSentAt: instant.nullable(),
});
export type ChannelStatus = z.infer<typeof channelStatus>;
