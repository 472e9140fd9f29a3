import type { ServerResponse } from "node:http";

/** Whether the client is still there for its answer. */
export class Departure {
  readonly #response: ServerResponse;
  #signal: AbortSignal | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** Aborted when the client goes away before it has its whole answer; made when it is asked for. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#response);
    return this.#signal;
  }
}

function signalOf(response: ServerResponse): AbortSignal {
  const departed = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) departed.abort();
  });
  return departed.signal;
}
