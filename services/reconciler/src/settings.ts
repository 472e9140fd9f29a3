import { configuredBoolean, listenPort, serviceSettings } from "@honua/service-kit";
import { z } from "zod";
import { policySettings } from "./policy/policy-settings.ts";

const seconds = (value: number) => z.coerce.number().positive().default(value);

export const reconcilerSettings = serviceSettings.extend({
  PORT: listenPort(5004),
  GitOps: z
    .object({
      DeploymentPolicy: policySettings
        .prefault({})
        .describe("the floor that a repository cannot weaken ([keys](policy.md))"),
      DeploymentPolicies: z
        .record(z.string(), policySettings)
        .default({})
        .describe("the floor by environment; the same keys below each name"),
      DryRun: configuredBoolean
        .default(false)
        .describe("plan and record what commits would change; change nothing"),
      EnvironmentsAtOnce: z.coerce
        .number()
        .int()
        .positive()
        .default(32)
        .describe("environments that one process works on at a time"),
      PrepareTimeoutSeconds: seconds(30).describe("how long gateways may take to load a release"),
      HealthCheckTimeoutSeconds: seconds(60).describe(
        "how long a deployment may take to be healthy, before it is rolled back",
      ),
      ResyncIntervalSeconds: seconds(60).describe("between two looks for drift"),
    })
    .prefault({}),
});
export type ReconcilerSettings = z.output<typeof reconcilerSettings>;
