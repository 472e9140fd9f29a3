import { z } from "zod";
import { defineCall } from "../define.ts";
import { channelStatus } from "../documents/notification.ts";

export const approvalsStatus = defineCall("approvals.status", {
  summary: "How the channels are doing by which people are told; one process answers for itself.",
  request: z.object({}),
  response: z.object({ channels: z.array(channelStatus) }),
});
