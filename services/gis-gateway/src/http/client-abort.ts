import type { ServerResponse } from "node:http";
import type { ClientAccount } from "./budgets/client-budgets.ts";

/** Detects that the client disconnects before it has received its response. */
export class ClientAbort {
  /** The account of the client. Undefined in tests. */
  readonly owner: ClientAccount | undefined;
  readonly #response: ServerResponse;
  #signal: AbortSignal | undefined;

  constructor(response: ServerResponse, owner?: ClientAccount) {
    this.#response = response;
    this.owner = owner;
  }

  /** Aborted when the client disconnects before the whole response is sent. Created lazily. */
  get signal(): AbortSignal {
    this.#signal ??= abortSignal(this.#response);
    return this.#signal;
  }
}

function abortSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const onClose = () => {
    if (!response.writableFinished) controller.abort();
  };
  // The signal can be created long after the request arrived, when the client has already disconnected.
  if (response.closed) onClose();
  else response.once("close", onClose);
  return controller.signal;
}
