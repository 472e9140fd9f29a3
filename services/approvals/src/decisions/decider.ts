import type { Decision } from "@honua/contracts";
import { httpProblem, type Principal } from "@honua/service-kit";
import type { TeamsOf } from "./teams.ts";

/** The decider, the subject that recorded the decision, and the other identities of the decider. */
export interface Decider extends Pick<Decision, "subject" | "recordedBy" | "method"> {
  teams: readonly string[];
  identities: readonly string[];
}

/**
 * Determines the decider of a request. A delegate decides on behalf of another subject; then both
 * subjects are recorded, and only teams from the settings apply, because the groups belong to the
 * delegate.
 *
 * @param approver the decider that the request names; absent: the owner of the token
 * @throws HttpProblem 403 if the token must not act on behalf of that subject
 */
export function deciderOf(
  principal: Principal,
  approver: string | undefined,
  teamsOf: TeamsOf,
): Decider {
  const subject = approver ?? principal.subject;
  const isOwn = subject === principal.subject;
  if (!isOwn && !principal.delegate) {
    throw httpProblem(
      "not-delegate",
      `'${principal.subject}' may not decide on behalf of '${subject}'.`,
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
