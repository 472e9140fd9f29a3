import {
  auditChainEnd,
  auditEntry,
  deployment,
  deploymentSummary,
  envelope,
  environmentState,
  gitopsHealth,
  plan,
} from "@honua/contracts";
import { z } from "zod";

/** What the operator API answers with. */
export const responseBodies = {
  environments: z.object({ items: z.array(environmentState), next: z.string().nullable() }),
  environment: environmentState,
  deployments: z.object({ items: z.array(deploymentSummary), next: z.string().nullable() }),
  deployment,
  plan,
  syncAccepted: z.object({
    commit: z.string().describe("head of the branch"),
    detected: z.boolean().describe("whether it was handed over for deployment"),
  }),
  audit: z.object({ items: z.array(auditEntry), next: z.string().nullable() }),
  auditLine: z.union([auditEntry, auditChainEnd]),
  gitopsHealth,
  event: envelope,
};
