import { configuredToken, serviceSettings } from "@honua/service-kit";
import { z } from "zod";
import { configuredChannels } from "./notifications/channel-settings.ts";

/** What the approvals service reads from its configuration. */
export const approvalsSettings = serviceSettings.extend({
  PORT: z.coerce.number().int().min(0).max(65_535).default(5001),
  GitOps: z
    .object({
      Tokens: z.array(configuredToken).default([]),
      Notifications: configuredChannels.describe("who is told about what, and how"),
    })
    .prefault({}),
});
export type ApprovalsSettings = z.output<typeof approvalsSettings>;
