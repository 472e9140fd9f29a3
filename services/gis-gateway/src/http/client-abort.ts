import type { ServerResponse } from "node:http";
import type { ClientAccount } from "./budgets/client-budgets.ts";

/** Whether the client is still there for its answer. */
export class ClientAbort {
  /** The account of the client; absent in tests. */
  readonly owner: ClientAccount | undefined;
  readonly #response: ServerResponse;
  #signal: AbortSignal | undefined;

  constructor(response: ServerResponse, owner?: ClientAccount) {
    this.#response = response;
    this.owner = owner;
  }

  /** Aborted when the client goes away before it has its whole answer; made when it is asked for. */
  get signal(): AbortSignal {
    this.#signal ??= abortSignal(this.#response);
    return this.#signal;
  }
}

function abortSignal(response: ServerResponse): AbortSignal {
  const departed = new AbortController();
  const noteClosed = () => {
    if (!response.writableFinished) departed.abort();
  };
  // It may be asked for long after the request came, when the client has gone already.
  if (response.closed) noteClosed();
  else response.once("close", noteClosed);
  return departed.signal;
}
