import { httpProblem } from "@honua/service-kit";
import type { Site } from "../html/site.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";

/** A request together with the release that serves it from start to end. */
export interface ReleaseRequest extends RequestContext {
  active: ActiveRelease;
}

/** Responds to a request. */
export type RouteHandler = (request: ReleaseRequest) => void | Promise<void>;

/** The content of a document response. */
export interface DocumentParts {
  body: unknown;
  /** Renders the HTML view; absent if the document has no view. */
  renderView?: (site: Site) => string;
  type?: string;
  link?: string;
  collection?: Collection;
}

/** Makes a handler that responds with the document that `make` returns. */
export type DocumentRoute = (make: (request: ReleaseRequest) => DocumentParts) => RouteHandler;

/**
 * The collection that the path names.
 *
 * @throws HttpProblem 404
 */
export function collectionOf({ pathParameters, active }: ReleaseRequest): Collection {
  const id = String(pathParameters.collectionId);
  const collection = active.collections.get(id);
  if (collection) return collection;
  throw httpProblem("not-found", `There is no collection '${id}'.`);
}
