import type { IncomingMessage, ServerResponse } from "node:http";
import {
  acceptedEncoding,
  type ContentEncoding,
  compress,
  SMALLEST_COMPRESSED,
} from "./content-encoding.ts";
import { entityTag, isKnown } from "./entity-tag.ts";
import { MEDIA } from "./media-types.ts";
import { protectPage } from "./page-policy.ts";
import { vary } from "./vary.ts";

/** A finished answer. */
export interface Answer {
  type: string;
  body: Buffer;
  tag: string;
  cacheControl: string;
  /** Value of the `Link` header. */
  link?: string;
  /** URI of the coordinate reference system of the geometries, for `Content-Crs`. */
  contentCrs?: string;
  /** True for an answer that is kept and sent again, which is worth more effort. */
  isKept?: boolean;
}

/** The same answer as a page. */
export function asHtml({ cacheControl }: Answer, text: string): Answer {
  const body = Buffer.from(text);
  return { type: MEDIA.html, body, tag: entityTag(body), cacheControl };
}

/** Sends an answer, or 304 to a client that has it. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  if (answer.type === MEDIA.html) protectPage(response);
  response.setHeader("ETag", answer.tag);
  response.setHeader("Cache-Control", answer.cacheControl);
  if (answer.link !== undefined) response.setHeader("Link", answer.link);
  if (answer.contentCrs !== undefined) response.setHeader("Content-Crs", `<${answer.contentCrs}>`);
  vary(response, "Accept-Encoding");
  if (isKnown(request.headers["if-none-match"], answer.tag)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader("Content-Type", answer.type);
  const { length } = answer.body;
  const encoding = length < SMALLEST_COMPRESSED ? undefined : encodingFor(request, answer);
  if (encoding === undefined) {
    response.setHeader("Content-Length", length);
    response.end(answer.body);
    return;
  }
  const body = await compressed(answer, encoding);
  response.setHeader("Content-Encoding", encoding);
  response.setHeader("Content-Length", body.length);
  response.end(body);
}

function encodingFor(request: IncomingMessage, { isKept }: Answer): ContentEncoding | undefined {
  if (request.method === "HEAD") return undefined;
  return acceptedEncoding(
    request.headers["accept-encoding"],
    isKept ? ["br", "gzip"] : ["gzip", "br"],
  );
}

/** What kept answers look like compressed; goes with them. */
const compressions = new WeakMap<Answer, Map<ContentEncoding, Promise<Buffer>>>();

function compressed(answer: Answer, encoding: ContentEncoding): Promise<Buffer> {
  if (!answer.isKept) return compress(answer.body, encoding, "each");
  const known = compressions.get(answer) ?? new Map<ContentEncoding, Promise<Buffer>>();
  compressions.set(answer, known);
  const body = known.get(encoding) ?? compress(answer.body, encoding, "once");
  known.set(encoding, body);
  return body;
}
