import { HttpProblem, type Principal } from "@honua/service-kit";

/** Who decides, and who recorded it. */
export interface Decider {
  subject: string;
  recordedBy: string;
}

/**
 * In whose name a decision is taken. Both names are kept when they differ.
 *
 * @param approver who decides according to the request; absent: the owner of the token
 * @throws HttpProblem 403 when the token may not act in that name
 */
export function deciderOf(principal: Principal, approver: string | undefined): Decider {
  const subject = approver ?? principal.subject;
  if (subject !== principal.subject && !principal.delegate) {
    throw new HttpProblem(
      403,
      "Not allowed",
      `'${principal.subject}' may not decide in the name of '${subject}'.`,
      { code: "not-delegate" },
    );
  }
  return { subject, recordedBy: principal.subject };
}
