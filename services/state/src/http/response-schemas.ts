import {
  auditChainEnd,
  auditEntry,
  backupEnd,
  backupManifest,
  backupRow,
  deployment,
  deploymentSummary,
  dryRun,
  dryRunSummary,
  envelope,
  environmentState,
  gitopsHealth,
  liveRelease,
  plan,
} from "@honua/contracts";
import { z } from "zod";

/** What the operator API answers with. */
export const responseSchemas = {
  environments: z.object({ items: z.array(environmentState), next: z.string().nullable() }),
  environment: environmentState,
  liveRelease,
  deployments: z.object({ items: z.array(deploymentSummary), next: z.string().nullable() }),
  deployment,
  plan,
  dryRuns: z.object({ items: z.array(dryRunSummary), next: z.string().nullable() }),
  dryRun,
  syncAccepted: z.object({
    commit: z.string().describe("head of the branch"),
    detected: z.boolean().describe("whether it was handed over"),
    requestId: z.string().optional().describe("of a dry run: what its record is found by"),
  }),
  audit: z.object({ items: z.array(auditEntry), next: z.string().nullable() }),
  auditLine: z.union([auditEntry, auditChainEnd]),
  backupLine: z.union([backupManifest, backupRow, backupEnd]),
  restored: backupEnd.pick({ rows: true }),
  gitopsHealth,
  event: envelope,
};
