import { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../log.ts";

type Emit = (this: IncomingMessage | ServerResponse, ...event: unknown[]) => boolean;

/** The classes of a server's messages, and the methods that Express puts in front of them. */
export interface GuardedMessages {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
  emitOfRequest: Emit;
  emitOfResponse: Emit;
}

/**
 * Requests and responses whose events cannot end the process. An exception in a listener, or an
 * `error` event without a listener, is an uncaught exception otherwise. Here it is logged, and the
 * connection is closed. Overriding `emit` covers every listener and costs no allocation per request.
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
    // Only its generic parameter, the class of the request, differs.
    ServerResponse: GuardedResponse as typeof ServerResponse,
    emitOfRequest,
    emitOfResponse,
  };
}
