import type { ServerResponse } from "node:http";

/** A signal that is aborted when the client goes away before it has its whole answer. */
export function departure(response: ServerResponse): AbortSignal {
  const departed = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) departed.abort();
  });
  return departed.signal;
}
