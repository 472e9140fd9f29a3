import {
  configuredList,
  configuredToken,
  listenPort,
  oidcSettings,
  serviceSettings,
} from "@honua/service-kit";
import { z } from "zod";
import { configuredOwners } from "./approval-files/file-owner.ts";
import { configuredChannels } from "./notifications/channel-settings.ts";

/** What the approvals service reads from its configuration. */
export const approvalsSettings = serviceSettings.extend({
  PORT: listenPort(5001),
  GitOps: z
    .object({
      Tokens: z.array(configuredToken).default([]),
      Notifications: configuredChannels.describe("who is told about what, and how"),
      Oidc: oidcSettings.optional(),
      Teams: z
        .record(z.string(), configuredList)
        .default({})
        .describe("members of each team, as subjects or as `group:` and a group of the provider"),
      ApprovalDirectory: z
        .string()
        .min(1)
        .optional()
        .describe("of approval files; whoever may write there decides, so it is off by default"),
      ApprovalOwners: configuredOwners
        .default({})
        .describe("who the users of this machine are that approval files belong to"),
    })
    .prefault({}),
});
export type ApprovalsSettings = z.output<typeof approvalsSettings>;
