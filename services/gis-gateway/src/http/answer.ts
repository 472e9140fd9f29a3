import type { Request, Response } from "express";
import { isKnown } from "./entity-tag.ts";

/** A finished answer. */
export interface Answer {
  type: string;
  body: string;
  tag: string;
  cacheControl: string;
  /** Value of the `Link` header. */
  link?: string;
  /** URI of the coordinate reference system of the geometries, for `Content-Crs`. */
  contentCrs?: string;
}

/** Sends an answer, or 304 to a client that has it. */
export function send(request: Request, response: Response, answer: Answer): void {
  response.setHeader("ETag", answer.tag);
  response.setHeader("Cache-Control", answer.cacheControl);
  if (answer.link !== undefined) response.setHeader("Link", answer.link);
  if (answer.contentCrs !== undefined) response.setHeader("Content-Crs", `<${answer.contentCrs}>`);
  if (isKnown(request.headers["if-none-match"], answer.tag)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader("Content-Type", answer.type);
  response.setHeader("Content-Length", Buffer.byteLength(answer.body));
  response.end(answer.body);
}
