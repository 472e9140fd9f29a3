import { z } from "zod";
import { health } from "../documents/deployment.ts";

/** `/health/ready`: each check with its reason. */
export const readiness = z.object({
  status: z.enum(["Healthy", "Unhealthy"]),
  checks: z.record(
    z.string(),
    z.object({
      status: z
        .enum(["Healthy", "Degraded", "Unhealthy"])
        .describe("Degraded: somebody should look, but the service does its work"),
      reason: z.string().optional(),
    }),
  ),
});
export type Readiness = z.infer<typeof readiness>;

/** `/health/gitops` as the runbook shows it. */
export const gitopsHealth = z.object({
  status: health,
  components: z.record(z.string(), health),
  reasons: z
    .record(z.string(), z.string())
    .optional()
    .describe("why a component is not Healthy, as far as that is known"),
  lastReconciliation: z.string().nullable(),
  nextPoll: z.string().nullable(),
});
export type GitopsHealth = z.infer<typeof gitopsHealth>;
