import { httpProblem } from "@honua/service-kit";

/** Lets so many long answers through at once. */
export interface StreamLimiter {
  /**
   * Gives what is called when the answer has ended.
   *
   * @throws HttpProblem 503 while there are as many as allowed
   */
  acquire(): () => void;
}

/** Seconds after which a client may ask again: long answers take their time. */
const RETRY_AFTER = "10";

/** Each long answer holds a cursor, a batch of rows and what the socket has not taken yet. */
export function createStreamLimiter(maxStreams: number): StreamLimiter {
  let open = 0;
  return {
    acquire() {
      if (open >= maxStreams) {
        throw httpProblem(
          "too-many-streams",
          `This server sends ${maxStreams} long answers at once, and is doing so; ask again in a moment, or for fewer features.`,
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
