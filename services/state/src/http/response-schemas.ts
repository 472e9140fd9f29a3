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

/** The schemas of the response bodies of the operator API. */
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
    commit: z.string().describe("the head of the branch"),
    detected: z.boolean().describe("whether the watcher published the commit"),
    requestId: z.string().optional().describe("for a dry run: the request id of its record"),
  }),
  audit: z.object({ items: z.array(auditEntry), next: z.string().nullable() }),
  auditLine: z.union([auditEntry, auditChainEnd]),
  backupLine: z.union([backupManifest, backupRow, backupEnd]),
  restored: backupEnd.pick({ rows: true }),
  gitopsHealth,
  event: envelope,
};
