import type { Deployment } from "@honua/contracts";
import { subjectKey } from "@honua/contracts";
import type { DecisionRequest } from "../decisions/submit-decision.ts";
import type { TeamsOf } from "../decisions/teams.ts";
import type { ApprovalFile } from "./approval-file.ts";
import type { FileOwner } from "./file-owner.ts";

/** A decision to submit, a decision that is already recorded, or the reason for a refusal. */
export type FileEvaluation = { request: DecisionRequest } | "recorded" | { refused: string };

/**
 * Evaluates an approval file. The decision is that of the file's owner; the responder that the file
 * names is kept in the reason. A file that is older than the request for approval is refused, because
 * its writer cannot have seen the plan.
 */
export function evaluateApprovalFile(
  deployment: Deployment,
  file: ApprovalFile,
  owner: FileOwner,
  teamsOf: TeamsOf,
): FileEvaluation {
  const { id, environment, state, stateHistory, decisions, plan } = deployment;
  const outcome = file.state === "Approved" ? "approved" : "rejected";
  const isOfThisFile = (decision: (typeof decisions)[number]) =>
    decision.method === "file" &&
    decision.outcome === outcome &&
    decision.planDigest === (file.planDigest ?? plan?.planDigest) &&
    subjectKey(decision.subject) === subjectKey(owner.subject);
  if (decisions.some(isOfThisFile)) return "recorded";
  if (file.environment !== undefined && file.environment !== environment) {
    return { refused: `${id} is of '${environment}', not of '${file.environment}'` };
  }
  const requestedAt = stateHistory.findLast(({ to }) => to === "AwaitingApproval")?.at;
  if (state !== "AwaitingApproval" || requestedAt === undefined) {
    return { refused: `${id} is not awaiting approval: it is ${state}` };
  }
  if (file.changedAt < new Date(requestedAt)) {
    return {
      refused: `it is older than the request for approval of ${requestedAt}; write it again`,
    };
  }
  return {
    request: {
      outcome,
      decider: {
        subject: owner.subject,
        recordedBy: owner.subject,
        method: "file",
        teams: teamsOf(owner.subject, []),
        identities: owner.identities,
      },
      reason: reasonOf(file),
      planDigest: file.planDigest,
    },
  };
}

function reasonOf({ reason, responder }: ApprovalFile): string | undefined {
  if (responder === undefined) return reason;
  return [reason, `(responder of the file: ${responder})`].filter((part) => part).join(" ");
}
