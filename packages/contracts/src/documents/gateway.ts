import { z } from "zod";
import { environmentName, instant, sha256 } from "../environment.ts";
import { problem } from "./release.ts";

/** The release an environment should serve. Only the reconciler writes it, with compare-and-set. */
export const desiredRelease = z.object({
  environment: environmentName,
  release: sha256,
  deploymentId: z.string().min(1),
  at: instant,
});
export type DesiredRelease = z.infer<typeof desiredRelease>;

export const collectionHealth = z.object({
  collection: z.string(),
  status: z.enum(["Healthy", "Unhealthy"]),
  message: z.string().optional(),
});

/** Status that a gateway process reports, renewed every few seconds. */
export const gatewayStatus = z.object({
  environment: environmentName,
  instance: z.string().min(1),
  url: z.url().describe("base URL for verification by the reconciler, without trailing slash"),
  observedRelease: sha256.nullable(),
  activationError: z
    .object({ release: sha256, problems: z.array(problem) })
    .nullable()
    .describe("set while the desired release cannot be activated"),
  collections: z.array(collectionHealth),
  at: instant,
});
export type GatewayStatus = z.infer<typeof gatewayStatus>;

export const prepareResult = z.object({
  instance: z.string(),
  release: sha256,
  ok: z.boolean(),
  problems: z.array(problem),
  warnings: z.array(problem),
});
export type PrepareResult = z.infer<typeof prepareResult>;
