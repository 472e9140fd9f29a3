import { z } from "zod";
import { defineCall } from "../define.ts";
import { health } from "../documents/deployment.ts";
import { environmentName, instant } from "../environment.ts";

export const pollNow = defineCall("watcher.poll-now", {
  summary: "Poll Git now instead of at the next interval.",
  request: z.object({
    environment: environmentName,
    force: z
      .boolean()
      .default(false)
      .describe("publish the head again even if its content is unchanged"),
    requestedBy: z.string(),
    dryRun: z
      .boolean()
      .default(false)
      .describe("publish the head for planning only, without moving the watch cursor"),
  }),
  response: z.object({
    commit: z.string(),
    detected: z.boolean().describe("whether the head was published"),
    requestId: z.string().optional().describe("for a dry run: finds its record"),
  }),
});

/** Watch status of one environment. */
export const sourceStatus = z.object({
  environment: environmentName,
  repository: z.string().describe("URL without credentials"),
  branch: z.string(),
  status: health,
  reason: z.string().nullable().describe("why it is not Healthy, and what to do"),
  code: z.string().nullable().describe("stable code of the reason, such as `branch-missing`"),
  commit: z.string().nullable().describe("head of the branch at the last successful poll"),
  lastPoll: instant.nullable(),
  nextPoll: instant.nullable(),
});
export type SourceStatus = z.infer<typeof sourceStatus>;

/** Watch status of all sources. The watcher also serves it at `/health/sources`. */
export const sourceStatuses = z.object({ sources: z.array(sourceStatus) });

export const watcherStatus = defineCall("watcher.status", {
  summary: "Read the watch status of all sources.",
  request: z.object({}),
  response: sourceStatuses,
});
