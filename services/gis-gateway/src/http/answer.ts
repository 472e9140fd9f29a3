import type { Request, Response } from "express";
import { entityTag, isKnown } from "./entity-tag.ts";
import { MEDIA } from "./media-types.ts";
import { protectPage } from "./page-policy.ts";

/** A finished answer. */
export interface Answer {
  type: string;
  body: string;
  tag: string;
  cacheControl: string;
  /** Value of the `Link` header. */
  link?: string;
}

/** The same answer as a page. */
export function asHtml({ cacheControl }: Answer, body: string): Answer {
  return { type: MEDIA.html, body, tag: entityTag(body), cacheControl };
}

/** Sends an answer, or 304 to a client that has it. */
export function send(request: Request, response: Response, answer: Answer): void {
  if (answer.type === MEDIA.html) protectPage(response);
  response.setHeader("ETag", answer.tag);
  response.setHeader("Cache-Control", answer.cacheControl);
  if (answer.link !== undefined) response.setHeader("Link", answer.link);
  if (isKnown(request.headers["if-none-match"], answer.tag)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader("Content-Type", answer.type);
  response.setHeader("Content-Length", Buffer.byteLength(answer.body));
  response.end(answer.body);
}
