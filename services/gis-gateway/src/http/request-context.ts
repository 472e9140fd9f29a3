import type { IncomingMessage, ServerResponse } from "node:http";
import { httpProblem } from "@honua/service-kit";
import type { Site } from "../html/site.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";
import type { ClientAbort } from "./client-abort.ts";
import type { Representation } from "./content-negotiation.ts";
import type { ResponseHeaders } from "./response-headers.ts";
import type { RouteParameters } from "./route-table.ts";
import type { StreamLimiter } from "./stream-limiter.ts";

/** A request together with the release and the base URL that hold for all of it. */
export interface RequestContext {
  request: IncomingMessage;
  response: ServerResponse;
  /** The head of the answer, so far. */
  responseHeaders: ResponseHeaders;
  /** Values of the parameters in the path. */
  pathParameters: RouteParameters;
  /** Path below the API. */
  path: string;
  active: ActiveRelease;
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

/** What a document is made of. */
export interface DocumentParts {
  body: unknown;
  /** The page that shows it to people; it has none when absent. */
  renderView?: (site: Site) => string;
  type?: string;
  link?: string;
  collection?: Collection;
}

/** Answers a request. */
export type RouteHandler = (context: RequestContext) => void | Promise<void>;

/** Makes what answers with a document of what the document consists of. */
export type Documenting = (make: (context: RequestContext) => DocumentParts) => RouteHandler;

/**
 * The collection that the path names.
 *
 * @throws HttpProblem 404
 */
export function collectionOf({ pathParameters, active }: RequestContext): Collection {
  const id = String(pathParameters.collectionId);
  const collection = active.collections.get(id);
  if (collection) return collection;
  throw httpProblem("not-found", `There is no collection '${id}'.`);
}
