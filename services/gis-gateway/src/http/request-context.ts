import type { IncomingMessage, ServerResponse } from "node:http";
import type { ClientAbort } from "./client-abort.ts";
import type { Representation } from "./content-negotiation.ts";
import type { ResponseHeaders } from "./response-headers.ts";
import type { RouteParameters } from "./route-table.ts";
import type { StreamLimiter } from "./stream-limiter.ts";

/** A request and the settings of its response. */
export interface RequestContext {
  request: IncomingMessage;
  response: ServerResponse;
  /** The head of the answer, so far. */
  responseHeaders: ResponseHeaders;
  /** Values of the parameters in the path. */
  pathParameters: RouteParameters;
  /** Path below the API. */
  path: string;
  base: string;
  query: string;
  clientAbort: ClientAbort;
  representation: Representation;
  /** Milliseconds that an answer which is sent piece by piece may take. */
  responseTimeoutMs: number;
  /** Milliseconds in which the client must take a piece of a long answer. */
  stallTimeoutMs: number;
  /** What an answer that is sent piece by piece has to pass. */
  streamLimiter: StreamLimiter;
}
