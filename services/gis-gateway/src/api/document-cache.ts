import { entityTag } from "../http/entity-tag.ts";
import type { Answer } from "../http/http-response.ts";
import type { ActiveRelease } from "../release/active-release.ts";

/** Keeps the documents of a release as they are sent; those of a replaced release go with it. */
export interface DocumentCache {
  /**
   * @param key names the document, with everything but the release that it depends on
   * @param make gives text, or what is to be written as JSON
   */
  answer(
    active: ActiveRelease,
    key: string,
    make: () => Omit<Answer, "body" | "tag"> & { body: unknown },
  ): Answer;
}

/** Bytes that are kept of one release. */
const KEPT = 16 * 1024 * 1024;

export function createDocumentCache(): DocumentCache {
  const shelves = new WeakMap<ActiveRelease, { answers: Map<string, Answer>; size: number }>();
  return {
    answer(active, key, make) {
      const shelf = shelves.get(active) ?? { answers: new Map(), size: 0 };
      shelves.set(active, shelf);
      const known = shelf.answers.get(key);
      if (known) return known;
      const made = make();
      const text = typeof made.body === "string" ? made.body : JSON.stringify(made.body);
      const body = Buffer.from(text);
      const answer: Answer = { ...made, body, tag: entityTag(body), isKept: true };
      // The key holds a host name that anybody may make up, so that what is kept must be bounded.
      if (shelf.size + body.length > KEPT) {
        shelf.answers.clear();
        shelf.size = 0;
      }
      if (body.length <= KEPT) {
        shelf.answers.set(key, answer);
        shelf.size += body.length;
      }
      return answer;
    },
  };
}
