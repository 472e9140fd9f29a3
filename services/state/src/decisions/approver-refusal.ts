import { type Decision, type Deployment, subjectKey } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";

/** The approver, with all names and teams that the approvals service has for them. */
export interface Approver extends Pick<Decision, "subject" | "recordedBy" | "teams" | "reason"> {
  /** Other names of the approver and of the recorder, such as email addresses. */
  identities: readonly string[];
}

type Refusal = PermanentError | undefined;

/** The reason why the policy forbids an approval, or undefined if it allows it. */
export function approverRefusal(deployment: Deployment, approver: Approver): Refusal {
  const requirement = deployment.plan?.decision.approvals;
  if (!requirement) return undefined;
  const lists = [requirement.approvers, requirement.furtherApprovers];
  const lacking = lists.find((list) => list !== undefined && !isListed(list, approver));
  if (lacking) {
    return new PermanentError(
      "not-an-approver",
      `${approver.subject} may not approve deployment ${deployment.id}. The policy requires ${lacking.join(" or ")}.`,
    );
  }
  const { author, committer } = deployment.commit;
  const excluded = [
    requirement.forbidAuthor && isOneOf(approver, [author.email, author.name])
      ? "is the author of the commit (forbidAuthor)"
      : undefined,
    requirement.forbidCommitter && isOneOf(approver, [committer.email, committer.name])
      ? "is the committer (forbidCommitter)"
      : undefined,
    requirement.forbidRequester && isOneOf(approver, requesterNames(deployment))
      ? "requested the deployment (forbidRequester)"
      : undefined,
  ].find((why) => why !== undefined);
  if (excluded) {
    return new PermanentError(
      "excluded-approver",
      `${approver.subject} may not approve deployment ${deployment.id}: the approver or the recorder ${excluded}.`,
    );
  }
  if (requirement.reasonRequired && !approver.reason?.trim()) {
    return new PermanentError(
      "reason-required",
      `An approval of deployment ${deployment.id} requires a reason (reasonRequired).`,
    );
  }
  return undefined;
}

function isListed(list: readonly string[], { subject, teams = [] }: Approver): boolean {
  return list.some((entry) => {
    const [kind, name = ""] = splitOnce(entry);
    return kind === "team" ? teams.includes(name) : subjectKey(name) === subjectKey(subject);
  });
}

/**
 * Whether the approver or the recorder has one of the names. The recorder counts, because an excluded
 * person could otherwise approve through a delegate.
 */
function isOneOf(approver: Approver, names: readonly string[]): boolean {
  const known = [approver.subject, approver.recordedBy, ...approver.identities].map(subjectKey);
  return names.some((name) => name.trim() !== "" && known.includes(subjectKey(name)));
}

function requesterNames({ initiatedBy, windowOverride }: Deployment): string[] {
  return [initiatedBy, windowOverride?.by ?? ""]
    .filter((actor) => actor.startsWith("user:"))
    .map((actor) => actor.slice("user:".length));
}

function splitOnce(entry: string): [string, string] {
  const colon = entry.indexOf(":");
  return [entry.slice(0, colon), entry.slice(colon + 1)];
}
