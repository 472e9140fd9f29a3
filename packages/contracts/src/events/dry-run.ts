import { z } from "zod";
import { defineEvent } from "../define.ts";
import { dryRun } from "../documents/dry-run.ts";
import { riskLevel } from "../documents/policy.ts";
import { commitId, sha256 } from "../environment.ts";

export const dryRunRecorded = defineEvent("environment.dry-run", {
  version: 1,
  summary: "The changes of a commit were planned and recorded, but not applied.",
  data: z.object({
    dryRunId: z.string().min(1),
    commit: commitId,
    initiatedBy: z.string(),
    outcome: dryRun.shape.outcome,
    planDigest: sha256.nullable(),
    riskLevel: riskLevel.nullable(),
    changes: z.number().int().nonnegative().nullable(),
    requiresApproval: z.boolean().nullable(),
    errorMessage: z.string().nullable(),
  }),
});
