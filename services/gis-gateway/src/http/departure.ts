import type { Response } from "express";

/** A signal that is aborted when the client goes away before it has its whole answer. */
export function departure(response: Response): AbortSignal {
  const departed = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) departed.abort();
  });
  return departed.signal;
}
