import { httpProblem } from "@honua/service-kit";

/** Limits the number of concurrent streamed responses. */
export interface StreamLimiter {
  /**
   * Returns a function that releases the slot when the response has ended.
   *
   * @throws HttpProblem 503 if the limit is reached
   */
  acquire(): () => void;
}

/** Seconds after which a client may retry. Streamed responses are long. */
const RETRY_AFTER = "10";

/** Each streamed response holds a cursor, a batch of rows and the unsent bytes of its socket. */
export function createStreamLimiter(maxStreams: number): StreamLimiter {
  let open = 0;
  return {
    acquire() {
      if (open >= maxStreams) {
        throw httpProblem(
          "too-many-streams",
          `The server already sends ${maxStreams} long responses, which is its limit. Retry later, or request fewer features.`,
          { headers: { "Retry-After": RETRY_AFTER } },
        );
      }
      open += 1;
      let isHeld = true;
      return () => {
        if (isHeld) open -= 1;
        isHeld = false;
      };
    },
  };
}
