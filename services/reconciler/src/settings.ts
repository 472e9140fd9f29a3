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
        .describe("minimum policy, which a repository cannot weaken ([keys](policy.md))"),
      DeploymentPolicies: z
        .record(z.string(), policySettings)
        .default({})
        .describe("minimum policy for one environment; the same keys below its name"),
      DryRun: configuredBoolean
        .default(false)
        .describe("plan commits and record the plans, but change nothing"),
      EnvironmentsAtOnce: z.coerce
        .number()
        .int()
        .positive()
        .default(32)
        .describe("environments that one process reconciles at the same time"),
      PrepareTimeoutSeconds: seconds(30).describe(
        "seconds that gateways have to load and check a release",
      ),
      HealthCheckTimeoutSeconds: seconds(60).describe(
        "seconds that gateways have to serve a release before it is rolled back",
      ),
      ResyncIntervalSeconds: seconds(60).describe("seconds between drift checks of an environment"),
    })
    .prefault({}),
});
export type ReconcilerSettings = z.output<typeof reconcilerSettings>;
