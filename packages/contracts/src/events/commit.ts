import { z } from "zod";
import { defineEvent } from "../define.ts";
import { bundleReference, commitInfo } from "../documents/bundle.ts";
import { commitId } from "../environment.ts";

export const commitRefused = defineEvent("commit.refused", {
  version: 1,
  summary: "The head of the branch was refused: it cannot be read or must not be deployed.",
  data: z.object({
    commit: commitInfo,
    code: z.string().min(1).describe("stable code of the reason, such as `commit-unsigned`"),
    reason: z.string().min(1).describe("what is wrong and what to do"),
  }),
});
export const commitDetected = defineEvent("commit.detected", {
  version: 1,
  summary: "The files of an environment changed in Git; the bundle is in the object store.",
  publishedTo: ["history", "lane"],
  data: z.object({
    commit: commitInfo,
    previousCommit: commitId.nullable(),
    treeHash: z.string().min(1).describe("hash of the content of the environment's paths"),
    bundle: bundleReference,
    changedFiles: z.array(z.string()),
    historyRewritten: z.boolean(),
    forced: z
      .boolean()
      .default(false)
      .describe("an operator requested it even if it failed before or is already deployed"),
    dryRun: z
      .boolean()
      .default(false)
      .describe("only plan and record what the commit would change"),
    requestedBy: z.string().optional().describe("subject that requested it, if any"),
    detectedBy: z.enum(["poll", "webhook", "sync", "start"]),
  }),
});
