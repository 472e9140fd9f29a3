import { httpProblem } from "@honua/service-kit";

/** Lets so many long answers through at once. */
export interface StreamGate {
  /**
   * Gives what is called when the answer has ended.
   *
   * @throws HttpProblem 503 while there are as many as allowed
   */
  enter(): () => void;
}

/** Seconds after which a client may ask again: long answers take their time. */
const RETRY_AFTER = "10";

/** Each long answer holds a cursor, a batch of rows and what the socket has not taken yet. */
export function createStreamGate(most: number): StreamGate {
  let open = 0;
  return {
    enter() {
      if (open >= most) {
        throw httpProblem(
          "too-many-streams",
          `This server sends ${most} long answers at once, and is doing so; ask again in a moment, or for fewer features.`,
          { headers: { "Retry-After": RETRY_AFTER } },
        );
      }
      open += 1;
      let isInside = true;
      return () => {
        if (isInside) open -= 1;
        isInside = false;
      };
    },
  };
}
