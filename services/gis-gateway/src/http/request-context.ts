import type { IncomingMessage, ServerResponse } from "node:http";
import type { ClientAbort } from "./client-abort.ts";
import type { ResponseHeaders } from "./response-headers.ts";
import type { RouteParameters } from "./route-table.ts";
import type { StreamLimiter } from "./stream-limiter.ts";

/** A request, its response, and the limits that apply to them. */
export interface RequestContext {
  request: IncomingMessage;
  response: ServerResponse;
  /** Response headers that are collected until the response starts. */
  responseHeaders: ResponseHeaders;
  /** Path of the URL, without the query. */
  path: string;
  /** Values of the parameters in the path. */
  pathParameters: RouteParameters;
  /** Query of the URL, without its `?`. */
  query: string;
  /** Base of the absolute links in the response, without a trailing slash. */
  base: string;
  clientAbort: ClientAbort;
  /** Maximum duration of a streamed response in milliseconds. */
  responseTimeoutMs: number;
  /** Milliseconds in which the client must read the next piece of a long response. */
  stallTimeoutMs: number;
  /** Limits the number of concurrent streamed responses. */
  streamLimiter: StreamLimiter;
}
