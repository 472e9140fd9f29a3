import { z } from "zod";
import { defineCall } from "../define.ts";
import { channelStatus } from "../documents/notification.ts";

export const approvalsStatus = defineCall("approvals.status", {
  summary: "Read the status of the notification channels of one approvals process.",
  request: z.object({}),
  response: z.object({ channels: z.array(channelStatus) }),
});
