import type { Decision } from "@honua/contracts";
import { HttpProblem, type Principal } from "@honua/service-kit";
import type { TeamsOf } from "./teams.ts";

/** Who decides, who recorded it, and by what else state may know them. */
export interface Decider extends Pick<Decision, "subject" | "recordedBy" | "method"> {
  teams: readonly string[];
  identities: readonly string[];
}

/**
 * In whose name a decision is taken. Both names are kept when they differ; then the teams are those
 * that configuration gives the approver, for the groups are those of the token's owner.
 *
 * @param approver who decides according to the request; absent: the owner of the token
 * @throws HttpProblem 403 when the token may not act in that name
 */
export function deciderOf(
  principal: Principal,
  approver: string | undefined,
  teamsOf: TeamsOf,
): Decider {
  const subject = approver ?? principal.subject;
  const isOwn = subject === principal.subject;
  if (!isOwn && !principal.delegate) {
    throw new HttpProblem(
      403,
      "Not allowed",
      `'${principal.subject}' may not decide in the name of '${subject}'.`,
      { code: "not-delegate" },
    );
  }
  return {
    subject,
    recordedBy: principal.subject,
    method: principal.method,
    teams: teamsOf(subject, isOwn ? principal.groups : []),
    identities: principal.identities,
  };
}
