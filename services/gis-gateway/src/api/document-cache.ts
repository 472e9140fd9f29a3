import { entityTag } from "../http/entity-tag.ts";
import type { HttpResponse } from "../http/http-response.ts";
import type { ActiveRelease } from "../release/active-release.ts";

/** Keeps the documents of a release as they are sent; those of a replaced release go with it. */
export interface DocumentCache {
  /**
   * @param key names the document, with everything but the release that it depends on
   * @param make gives text, or what is to be written as JSON
   */
  responseFor(
    active: ActiveRelease,
    key: string,
    make: () => Omit<HttpResponse, "body" | "tag"> & { body: unknown },
  ): HttpResponse;
}

/** Bytes that are kept of one release. */
const MAX_CACHED_BYTES = 16 * 1024 * 1024;

export function createDocumentCache(): DocumentCache {
  const shelves = new WeakMap<
    ActiveRelease,
    { answers: Map<string, HttpResponse>; size: number }
  >();
  return {
    responseFor(active, key, make) {
      const shelf = shelves.get(active) ?? { answers: new Map(), size: 0 };
      shelves.set(active, shelf);
      const known = shelf.answers.get(key);
      if (known) return known;
      const made = make();
      const text = typeof made.body === "string" ? made.body : JSON.stringify(made.body);
      const body = Buffer.from(text);
      const answer: HttpResponse = { ...made, body, tag: entityTag(body), isCached: true };
      // The key holds a host name that anybody may make up, so that what is kept must be bounded.
      if (shelf.size + body.length > MAX_CACHED_BYTES) {
        shelf.answers.clear();
        shelf.size = 0;
      }
      if (body.length <= MAX_CACHED_BYTES) {
        shelf.answers.set(key, answer);
        shelf.size += body.length;
      }
      return answer;
    },
  };
}
