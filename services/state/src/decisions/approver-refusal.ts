import { type Decision, type Deployment, ERROR_CODES, subjectKey } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";

/** Who approves, by every name and team that the approvals service knows of them. */
export interface Approver extends Pick<Decision, "subject" | "recordedBy" | "teams" | "reason"> {
  /** Further names of the approver and of whoever recorded it, such as addresses. */
  identities: readonly string[];
}

type Refusal = PermanentError | undefined;

/** Why the policy does not let somebody approve a deployment, or undefined when it does. */
export function approverRefusal(deployment: Deployment, approver: Approver): Refusal {
  const requirement = deployment.plan?.decision.approvals;
  if (!requirement) return undefined;
  const lists = [requirement.approvers, requirement.furtherApprovers];
  const lacking = lists.find((list) => list !== undefined && !isListed(list, approver));
  if (lacking) {
    return new PermanentError(
      ERROR_CODES.notAnApprover,
      `${approver.subject} may not approve ${deployment.id}: the policy wants ${lacking.join(" or ")}`,
    );
  }
  const { author, committer } = deployment.commit;
  const excluded = [
    requirement.forbidAuthor && isOneOf(approver, [author.email, author.name])
      ? "wrote the commit (forbidAuthor)"
      : undefined,
    requirement.forbidCommitter && isOneOf(approver, [committer.email, committer.name])
      ? "committed it (forbidCommitter)"
      : undefined,
    requirement.forbidRequester && isOneOf(approver, requesterNames(deployment))
      ? "asked for the deployment (forbidRequester)"
      : undefined,
  ].find((why) => why !== undefined);
  if (excluded) {
    return new PermanentError(
      ERROR_CODES.excludedApprover,
      `${approver.subject} may not approve ${deployment.id}: whoever approves or records it ${excluded}`,
    );
  }
  if (requirement.reasonRequired && !approver.reason?.trim()) {
    return new PermanentError(
      ERROR_CODES.reasonRequired,
      `an approval of ${deployment.id} needs a reason: the policy says reasonRequired`,
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

/** Those who stand behind an approval: a delegate must not lend a name to whom it is forbidden. */
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
