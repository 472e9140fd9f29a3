import { HttpProblem } from "@honua/service-kit";

/** How many streams there may be at once. */
export interface StreamLimits {
  all: number;
  ofSubject: number;
}

/**
 * Counts the streams of this process.
 *
 * @returns takes a place for a subject, and gives what returns it
 */
export function createStreamLimiter(limits: StreamLimits): (subject: string) => () => void {
  const taken = new Map<string, number>();
  let all = 0;
  return (subject) => {
    const own = taken.get(subject) ?? 0;
    if (own >= limits.ofSubject) {
      throw refusal(429, `'${subject}' has ${own} event streams already; close one`);
    }
    if (all >= limits.all) throw refusal(503, `${all} event streams are open; try again later`);
    taken.set(subject, own + 1);
    all += 1;
    let returned = false;
    return () => {
      if (returned) return;
      returned = true;
      all -= 1;
      const left = (taken.get(subject) ?? 1) - 1;
      if (left === 0) taken.delete(subject);
      else taken.set(subject, left);
    };
  };
}

function refusal(status: number, detail: string): HttpProblem {
  return new HttpProblem(status, "Too many event streams", detail, {
    code: "too-many-streams",
    headers: { "Retry-After": "10" },
  });
}
