import { z } from "zod";
import { deploymentState } from "../documents/deployment.ts";
import { release } from "../documents/release.ts";

/** Body of `POST /api/gitops/environments/{environment}/sync`. */
export const syncBody = z
  .object({
    force: z.boolean().default(false),
    overrideWindow: z
      .boolean()
      .default(false)
      .describe("start the deployment now, although it waits for a window, blackout or cooldown"),
    dryRun: z
      .boolean()
      .default(false)
      .describe("plan and record what the head of the branch would change, without applying it"),
    reason: z.string().trim().max(2_000).optional(),
  })
  .strict()
  .refine(({ dryRun, force, overrideWindow }) => !dryRun || !(force || overrideWindow), {
    path: ["dryRun"],
    error: "a dry run changes nothing, so it cannot be combined with force or overrideWindow",
  })
  .refine(({ overrideWindow, reason }) => !overrideWindow || reason, {
    path: ["reason"],
    error: "give a reason for overriding the window",
  });

/** Body of `POST /api/gitops/environments/{environment}/pause`. */
export const pauseBody = z.object({ reason: z.string().trim().min(1).max(2_000) }).strict();

/** Body of `POST /api/gitops/environments/{environment}/resume`. */
export const resumeBody = z.object({}).strict();

/** Body of `POST /api/gitops/environments/{environment}/rollback`. */
export const rollbackBody = z
  .object({
    to: z
      .string()
      .min(1)
      .optional()
      .describe("an earlier Completed deployment; default: the one before the live deployment"),
    reason: z.string().trim().min(1).max(2_000).optional(),
  })
  .strict();

const cursor = z.string().optional().describe("the 'next' of the previous page");

/** Response of `GET /api/gitops/environments/{environment}/release`. */
export const liveRelease = z.object({
  deploymentId: z.string().describe("the deployment that verified this release"),
  commit: z.string(),
  digest: z.string(),
  medianDurationMs: z.number().nonnegative().nullable(),
  release,
});

/** Query of the list of environments. */
export const environmentsQuery = z
  .object({ limit: z.coerce.number().int().min(1).max(200).default(100), cursor })
  .strict();

/** Query of the list of dry runs. */
export const dryRunsQuery = z
  .object({
    limit: z.coerce.number().int().min(1).max(200).default(20),
    cursor,
    requestId: z.string().min(1).max(200).optional().describe("only the dry run of this request"),
  })
  .strict();

/** Query of the deployment list. */
export const deploymentsQuery = z
  .object({
    limit: z.coerce.number().int().min(1).max(200).default(20),
    cursor,
    state: z
      .string()
      .transform((list) => list.split(","))
      .pipe(z.array(deploymentState))
      .optional()
      .describe("only deployments in one of these states, separated by commas"),
  })
  .strict();

/** A page of a list. `next` is the cursor of the following page, or null on the last one. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}
