import { configuredBoolean, serviceSettings } from "@honua/service-kit";
import { z } from "zod";
import { policySettings } from "./policy-settings.ts";

const seconds = (value: number) => z.coerce.number().positive().default(value);

export const reconcilerSettings = serviceSettings.extend({
  PORT: z.coerce.number().int().min(0).max(65_535).default(5004),
  GitOps: z
    .object({
      DeploymentPolicy: policySettings
        .prefault({})
        .describe("the floor that a repository cannot weaken"),
      DeploymentPolicies: z
        .record(z.string(), policySettings)
        .default({})
        .describe("the floor by environment"),
      DryRun: configuredBoolean
        .default(false)
        .describe("plan and record what commits would change; change nothing"),
      EnvironmentsAtOnce: z.coerce
        .number()
        .int()
        .positive()
        .default(32)
        .describe("environments that one process works on at a time"),
      PrepareTimeoutSeconds: seconds(30),
      HealthCheckTimeoutSeconds: seconds(60),
      ResyncIntervalSeconds: seconds(60),
    })
    .prefault({}),
});
export type ReconcilerSettings = z.output<typeof reconcilerSettings>;
