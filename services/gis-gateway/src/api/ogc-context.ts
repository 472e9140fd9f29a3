import { httpProblem } from "@honua/service-kit";
import type { RequestContext } from "../http/request-context.ts";
import type { Representation } from "../ogc/representation.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";

/** A request to the OGC API, with the release that it reads from start to end. */
export interface OgcContext extends RequestContext {
  active: ActiveRelease;
  representation: Representation;
}

/** Responds to a request. */
export type RouteHandler = (context: OgcContext) => void | Promise<void>;

/** Route handlers by the pattern of their path. */
export type RouteHandlers = Readonly<Record<string, RouteHandler>>;

/**
 * The collection that the path names.
 *
 * @throws HttpProblem 404
 */
export function requestedCollection({
  pathParameters,
  active,
}: Pick<OgcContext, "pathParameters" | "active">): Collection {
  const id = String(pathParameters.collectionId);
  const collection = active.collections.get(id);
  if (collection) return collection;
  throw httpProblem("not-found", `There is no collection '${id}'.`);
}
