import { z } from "zod";
import { defineEvent } from "../define.ts";
import { bundleReference, commitInfo } from "../documents/bundle.ts";
import { commitId } from "../environment.ts";

export const commitRefused = defineEvent("commit.refused", {
  version: 1,
  summary:
    "The head of the branch is not deployed, whatever it holds: it cannot be or must not be.",
  data: z.object({
    commit: commitInfo,
    code: z.string().min(1).describe("stable name of the reason, such as `commit-unsigned`"),
    reason: z.string().min(1).describe("what is wrong, and what to do"),
  }),
});
export const commitDetected = defineEvent("commit.detected", {
  version: 1,
  summary: "The files of an environment changed in Git; the bundle is in the object store.",
  keptFor: ["history", "lane"],
  data: z.object({
    commit: commitInfo,
    previousCommit: commitId.nullable(),
    treeHash: z.string().min(1).describe("identifies the content of the environment's paths"),
    bundle: bundleReference,
    changedFiles: z.array(z.string()),
    historyRewritten: z.boolean(),
    forced: z
      .boolean()
      .default(false)
      .describe("an operator wants it deployed even if it failed before or is already deployed"),
    dryRun: z
      .boolean()
      .default(false)
      .describe("only plan and record what it would change; change nothing"),
    requestedBy: z.string().optional().describe("who asked, where somebody did"),
    detectedBy: z.enum(["poll", "webhook", "sync", "start"]),
  }),
});
