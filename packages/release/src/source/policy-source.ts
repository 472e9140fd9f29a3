import { environmentName, RISK_LEVELS } from "@honua/contracts";
import { z } from "zod";
import { parseDuration } from "./duration.ts";
import { sourceShapes } from "./source-shape.ts";

const environmentPolicySource = z
  .strictObject({
    requiresApproval: z.boolean().optional(),
    minimumRiskLevelForApproval: z.enum(RISK_LEVELS).optional(),
    allowBreakingChanges: z.boolean().optional(),
    autoRollback: z.boolean().optional(),
    approvalTimeout: z
      .string()
      .refine((text) => parseDuration(text) !== undefined, {
        error: "must be a duration such as 30s, 10m, 4h or 7d",
      })
      .optional(),
  })
  .register(sourceShapes, {
    noun: "the policy",
    unsupported: [
      "approvals",
      "rules",
      "deploymentWindows",
      "blackoutPeriods",
      "cooldown",
      "maxPendingAge",
    ],
  });
export type EnvironmentPolicySource = z.infer<typeof environmentPolicySource>;

/** `.gitops/deployment-policy.yaml`. */
export const policySource = z
  .strictObject({
    apiVersion: z.literal("honua.io/v1"),
    kind: z.literal("DeploymentPolicy"),
    environments: z.record(
      z.string().refine((name) => environmentName.safeParse(name).success, {
        error: "is not the name of an environment",
      }),
      environmentPolicySource,
    ),
  })
  .register(sourceShapes, { noun: "the file" });
