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

/** The settings of the approvals service. */
export const approvalsSettings = serviceSettings.extend({
  PORT: listenPort(5001),
  GitOps: z
    .object({
      Tokens: z.array(configuredToken).default([]),
      Notifications: configuredChannels.describe("notification channels"),
      Oidc: oidcSettings.optional(),
      Teams: z
        .record(z.string(), configuredList)
        .default({})
        .describe(
          "members of each team: subjects, or `group:` and a group of the identity provider",
        ),
      ApprovalDirectory: z
        .string()
        .min(1)
        .optional()
        .describe(
          "directory of approval files; write access to it is the permission to decide, so it is off by default",
        ),
      ApprovalOwners: configuredOwners
        .default({})
        .describe("subjects of the users who own approval files"),
    })
    .prefault({}),
});
export type ApprovalsSettings = z.output<typeof approvalsSettings>;
