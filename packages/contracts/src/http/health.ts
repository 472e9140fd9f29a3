import { z } from "zod";
import { health } from "../documents/deployment.ts";

/** Body of `GET /health/ready`: the result of each check with its reason. */
export const readiness = z.object({
  status: z.enum(["Healthy", "Unhealthy"]),
  checks: z.record(
    z.string(),
    z.object({
      status: z
        .enum(["Healthy", "Degraded", "Unhealthy"])
        .describe("Degraded: the service works, but an operator should look at it"),
      reason: z.string().optional(),
    }),
  ),
});
export type Readiness = z.infer<typeof readiness>;

/** Body of `GET /health/gitops`, as the runbook shows it. */
export const gitopsHealth = z.object({
  status: health,
  components: z.record(z.string(), health),
  reasons: z
    .record(z.string(), z.string())
    .optional()
    .describe("why a component is not Healthy, if the reason is known"),
  lastReconciliation: z.string().nullable(),
  nextPoll: z.string().nullable(),
});
export type GitopsHealth = z.infer<typeof gitopsHealth>;
