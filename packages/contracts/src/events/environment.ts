import { z } from "zod";
import { defineEvent } from "../define.ts";
import { health, syncStatus } from "../documents/deployment.ts";
import { sha256 } from "../environment.ts";

export const environmentResync = defineEvent("environment.resync", {
  version: 1,
  summary: "Look at the environment again: resume what stopped, heal what drifted.",
  keptFor: ["lane"],
  data: z.object({ cause: z.enum(["interval", "start", "gateway-joined"]) }),
});
export const environmentSyncRequested = defineEvent("environment.sync-requested", {
  version: 1,
  summary: "An operator wants Git looked at now.",
  keptFor: ["history", "lane"],
  data: z.object({
    requestedBy: z.string(),
    force: z.boolean().describe("deploy again even what failed before or is already deployed"),
    reason: z.string().optional(),
    overrideWindow: z.boolean().optional().describe("start outside of the deployment windows"),
    dryRun: z.boolean().optional().describe("only plan what is found"),
  }),
});
export const environmentPaused = defineEvent("environment.paused", {
  version: 1,
  summary: "An operator holds back new deployments.",
  data: z.object({ pausedBy: z.string().min(1), reason: z.string().min(1) }),
});
export const environmentResumed = defineEvent("environment.resumed", {
  version: 1,
  summary: "An operator lets deployments go on.",
  keptFor: ["history", "lane"],
  data: z.object({ resumedBy: z.string().min(1) }),
});
export const environmentRollbackRequested = defineEvent("environment.rollback-requested", {
  version: 1,
  summary: "An operator wants an earlier release back; the deployment for it was opened.",
  keptFor: ["history", "lane"],
  data: z.object({
    requestedBy: z.string().min(1),
    deploymentId: z.string().describe("the rollback"),
    to: z.string().describe("the deployment that is gone back to"),
    release: sha256,
    reason: z.string().optional(),
  }),
});
export const environmentDrifted = defineEvent("environment.drifted", {
  version: 1,
  summary: "What is observed differs, or no longer differs, from what is desired.",
  data: z.object({ health, syncStatus, message: z.string() }),
});
