import { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../log.ts";

type Emit = (this: IncomingMessage | ServerResponse, ...event: unknown[]) => boolean;

/** Request and response classes of a server, and their `emit` methods for Express. */
export interface GuardedMessages {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
  emitOfRequest: Emit;
  emitOfResponse: Emit;
}

/**
 * Creates request and response classes whose events cannot end the process. By default an exception in
 * a listener, or an `error` event without a listener, is an uncaught exception. Here it is logged, and
 * the connection is closed. Overriding `emit` covers every listener without an allocation per request.
 */
export function createGuardedMessages(log: Log): GuardedMessages {
  const guardEmit = (emit: Emit): Emit =>
    function emitGuarded(...event) {
      try {
        return emit.apply(this, event);
      } catch (error) {
        log.error({ err: error, event: String(event[0]) }, "A listener of a request failed");
        this.destroy();
        return true;
      }
    };
  const emitOfRequest = guardEmit(IncomingMessage.prototype.emit as Emit);
  const emitOfResponse = guardEmit(ServerResponse.prototype.emit as Emit);

  class GuardedRequest extends IncomingMessage {}
  class GuardedResponse extends ServerResponse {}
  Object.assign(GuardedRequest.prototype, { emit: emitOfRequest });
  Object.assign(GuardedResponse.prototype, { emit: emitOfResponse });
  return {
    IncomingMessage: GuardedRequest,
    // The types differ only in the generic parameter, the class of the request.
    ServerResponse: GuardedResponse as typeof ServerResponse,
    emitOfRequest,
    emitOfResponse,
  };
}
