import { z } from "zod";
import { defineCall } from "../define.ts";
import { health } from "../documents/deployment.ts";
import { environmentName, instant } from "../environment.ts";

export const pollNow = defineCall("watcher.poll-now", {
  summary: "Look at Git now instead of at the next interval.",
  request: z.object({
    environment: environmentName,
    force: z
      .boolean()
      .default(false)
      .describe("hand the head over again even where the content is unchanged"),
    requestedBy: z.string(),
    dryRun: z
      .boolean()
      .default(false)
      .describe("hand the head over for a plan only; the watch goes on as if nobody had asked"),
  }),
  response: z.object({
    commit: z.string(),
    detected: z.boolean().describe("whether the head was handed over"),
    requestId: z.string().optional().describe("of a dry run: what its record is found by"),
  }),
});

/** How watching goes for one environment. */
export const sourceStatus = z.object({
  environment: environmentName,
  repository: z.string().describe("URL without credentials"),
  branch: z.string(),
  status: health,
  reason: z.string().nullable().describe("why it is not Healthy: cause and what to do"),
  code: z.string().nullable().describe("stable name of the reason, such as `branch-missing`"),
  commit: z.string().nullable().describe("head of the branch at the last successful poll"),
  lastPoll: instant.nullable(),
  nextPoll: instant.nullable(),
});
export type SourceStatus = z.infer<typeof sourceStatus>;

/** How watching goes for each source; the watcher also shows it at `/health/sources`. */
export const sourceStatuses = z.object({ sources: z.array(sourceStatus) });

export const watcherStatus = defineCall("watcher.status", {
  summary: "How watching goes, for each source.",
  request: z.object({}),
  response: sourceStatuses,
});
