import { z } from "zod";
import { defineEvent } from "../define.ts";
import { health, syncStatus } from "../documents/deployment.ts";
import { sha256 } from "../environment.ts";

export const environmentResync = defineEvent("environment.resync", {
  version: 1,
  summary: "Reconcile the environment again: resume an interrupted deployment, correct drift.",
  publishedTo: ["lane"],
  data: z.object({ cause: z.enum(["interval", "start", "gateway-joined"]) }),
});
export const environmentSyncRequested = defineEvent("environment.sync-requested", {
  version: 1,
  summary: "An operator requested a poll of Git.",
  publishedTo: ["history", "lane"],
  data: z.object({
    requestedBy: z.string(),
    force: z
      .boolean()
      .describe("deploy the commit again even if it failed before or is already deployed"),
    reason: z.string().optional(),
    overrideWindow: z.boolean().optional().describe("start outside the deployment windows"),
    dryRun: z.boolean().optional().describe("only plan the commit"),
  }),
});
export const environmentPaused = defineEvent("environment.paused", {
  version: 1,
  summary: "An operator paused new deployments.",
  data: z.object({ pausedBy: z.string().min(1), reason: z.string().min(1) }),
});
export const environmentResumed = defineEvent("environment.resumed", {
  version: 1,
  summary: "An operator resumed deployments.",
  publishedTo: ["history", "lane"],
  data: z.object({ resumedBy: z.string().min(1) }),
});
export const environmentRollbackRequested = defineEvent("environment.rollback-requested", {
  version: 1,
  summary: "An operator requested a rollback to an earlier release, and its deployment was opened.",
  publishedTo: ["history", "lane"],
  data: z.object({
    requestedBy: z.string().min(1),
    deploymentId: z.string().describe("the deployment that performs the rollback"),
    to: z.string().describe("the deployment whose release is restored"),
    release: sha256,
    reason: z.string().optional(),
  }),
});
export const environmentDrifted = defineEvent("environment.drifted", {
  version: 1,
  summary: "The observed state started or stopped differing from the desired state.",
  data: z.object({ health, syncStatus, message: z.string() }),
});
