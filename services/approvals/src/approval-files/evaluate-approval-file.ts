import type { Deployment } from "@honua/contracts";
import { subjectKey } from "@honua/contracts";
import type { Choice } from "../decisions/submit-decision.ts";
import type { TeamsOf } from "../decisions/teams.ts";
import type { WrittenDecision } from "./approval-file.ts";
import type { FileOwner } from "./file-owner.ts";

/** What a file comes to: a decision to be recorded, one that was, or a reason why it is neither. */
export type FileDecision = { choice: Choice } | "recorded" | { refused: string };

/**
 * Judges an approval file. Whoever the file says has responded is kept in the reason; the decision is
 * the owner's. A file that was there before anybody was asked has been written without the plan.
 */
export function fileDecision(
  deployment: Deployment,
  written: WrittenDecision,
  owner: FileOwner,
  teamsOf: TeamsOf,
): FileDecision {
  const { id, environment, state, stateHistory, decisions, plan } = deployment;
  const outcome = written.state === "Approved" ? "approved" : "rejected";
  const isOwn = (one: (typeof decisions)[number]) =>
    one.method === "file" &&
    one.outcome === outcome &&
    one.planDigest === (written.planDigest ?? plan?.planDigest) &&
    subjectKey(one.subject) === subjectKey(owner.subject);
  if (decisions.some(isOwn)) return "recorded";
  if (written.environment !== undefined && written.environment !== environment) {
    return { refused: `${id} is of '${environment}', not of '${written.environment}'` };
  }
  const requestedAt = stateHistory.findLast(({ to }) => to === "AwaitingApproval")?.at;
  if (state !== "AwaitingApproval" || requestedAt === undefined) {
    return { refused: `${id} is not awaiting approval: it is ${state}` };
  }
  if (written.changedAt < new Date(requestedAt)) {
    return {
      refused: `it is older than the request for approval of ${requestedAt}; write it again`,
    };
  }
  return {
    choice: {
      outcome,
      decider: {
        subject: owner.subject,
        recordedBy: owner.subject,
        method: "file",
        teams: teamsOf(owner.subject, []),
        identities: owner.identities,
      },
      reason: reasonOf(written),
      planDigest: written.planDigest,
    },
  };
}

function reasonOf({ reason, responder }: WrittenDecision): string | undefined {
  if (responder === undefined) return reason;
  return [reason, `(responder of the file: ${responder})`].filter((part) => part).join(" ");
}
