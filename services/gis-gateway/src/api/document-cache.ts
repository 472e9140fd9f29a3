import { entityTag } from "../http/entity-tag.ts";
import type { HttpResponse } from "../http/http-response.ts";
import type { ActiveRelease } from "../release/active-release.ts";

/** Caches the documents of a release. They are released together with it. */
export interface DocumentCache {
  /**
   * @param key identifies the document, and everything besides the release that it depends on
   * @param create returns a text, or a value that is written as JSON
   */
  responseFor(
    active: ActiveRelease,
    key: string,
    create: () => Omit<HttpResponse, "body" | "tag"> & { body: unknown },
  ): HttpResponse;
}

/** Maximum bytes of the cached documents of a release. */
const MAX_CACHED_BYTES = 16 * 1024 * 1024;

export function createDocumentCache(): DocumentCache {
  const caches = new WeakMap<
    ActiveRelease,
    { responses: Map<string, HttpResponse>; size: number }
  >();
  return {
    responseFor(active, key, create) {
      const cache = caches.get(active) ?? { responses: new Map(), size: 0 };
      caches.set(active, cache);
      const known = cache.responses.get(key);
      if (known) return known;
      const created = create();
      const text = typeof created.body === "string" ? created.body : JSON.stringify(created.body);
      const body = Buffer.from(text);
      const response: HttpResponse = { ...created, body, tag: entityTag(body), isCached: true };
      // The key contains a host name that a client can choose, so the cache must be bounded.
      if (cache.size + body.length > MAX_CACHED_BYTES) {
        cache.responses.clear();
        cache.size = 0;
      }
      if (body.length <= MAX_CACHED_BYTES) {
        cache.responses.set(key, response);
        cache.size += body.length;
      }
      return response;
    },
  };
}
