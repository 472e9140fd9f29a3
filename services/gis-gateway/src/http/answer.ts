import type { IncomingMessage } from "node:http";
import { DATA_SECURITY_HEADERS } from "@honua/service-kit";
import {
  acceptedEncoding,
  type ContentEncoding,
  compress,
  SMALLEST_COMPRESSED,
} from "./content-encoding.ts";
import { entityTag, isKnown } from "./entity-tag.ts";
import type { Exchange } from "./exchange.ts";
import { MEDIA } from "./media-types.ts";
import { PAGE_SECURITY_HEADERS } from "./page-policy.ts";

/** A finished answer. */
export interface Answer {
  type: string;
  body: Buffer;
  /** What stands before and after the body; apart, so that a long one is not copied. */
  around?: { before: Buffer; after: Buffer };
  /** Called when the answer has left, if it does: the body is not read any more. */
  whenSent?: () => void;
  tag: string;
  cacheControl: string;
  /** Value of the `Link` header. */
  link?: string;
  /** URI of the coordinate reference system of the geometries, for `Content-Crs`. */
  contentCrs?: string;
  /** Under which browsers save it instead of showing it. */
  fileName?: string;
  /** True for an answer that is kept and sent again, which is worth more effort. */
  isKept?: boolean;
}

/** The same answer as a page. */
export function asHtml({ cacheControl }: Answer, text: string): Answer {
  const body = Buffer.from(text);
  return { type: MEDIA.html, body, tag: entityTag(body), cacheControl };
}

/** Bytes up to which a body is sent in one piece with the head. */
export const ONE_PIECE = 16 * 1024;

/** Sends an answer, or 304 to a client that has it. */
export async function send(
  { request, response, head }: Pick<Exchange, "request" | "response" | "head">,
  answer: Answer,
): Promise<void> {
  head.set("ETag", answer.tag);
  head.set("Cache-Control", answer.cacheControl);
  if (answer.link !== undefined) head.set("Link", answer.link);
  if (answer.contentCrs !== undefined) head.set("Content-Crs", `<${answer.contentCrs}>`);
  head.vary("Accept-Encoding");
  const security = answer.type === MEDIA.html ? PAGE_SECURITY_HEADERS : DATA_SECURITY_HEADERS;
  if (isKnown(request.headers["if-none-match"], answer.tag)) {
    head.write(response, 304, security);
    response.end();
    return;
  }
  if (answer.fileName !== undefined) {
    head.set("Content-Disposition", `attachment; filename="${answer.fileName}"`);
  }
  const length = lengthOf(answer);
  const encoding = length < SMALLEST_COMPRESSED ? undefined : encodingFor(request, answer);
  head.set("Content-Type", answer.type);
  if (answer.whenSent) response.once("finish", answer.whenSent);
  if (encoding !== undefined) {
    const body = await compressed(answer, encoding);
    head.set("Content-Encoding", encoding);
    head.set("Content-Length", body.length);
    head.write(response, 200, security);
    response.end(body);
    return;
  }
  head.set("Content-Length", length);
  head.write(response, 200, security);
  if (length <= ONE_PIECE) {
    // Node writes a text together with the head, and bytes after it; in Latin-1 bytes stay as they are.
    response.end(wholeBody(answer).toString("latin1"), "latin1");
    return;
  }
  for (const piece of piecesOf(answer)) response.write(piece);
  response.end();
}

/** The body in one piece. */
export function wholeBody(answer: Pick<Answer, "body" | "around">): Buffer {
  return answer.around ? Buffer.concat(piecesOf(answer)) : answer.body;
}

function piecesOf({ body, around }: Pick<Answer, "body" | "around">): readonly Buffer[] {
  return around ? [around.before, body, around.after] : [body];
}

function lengthOf(answer: Answer): number {
  return piecesOf(answer).reduce((sum, { length }) => sum + length, 0);
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
  if (!answer.isKept) return compress(wholeBody(answer), encoding, "each");
  const known = compressions.get(answer) ?? new Map<ContentEncoding, Promise<Buffer>>();
  compressions.set(answer, known);
  const body = known.get(encoding) ?? compress(wholeBody(answer), encoding, "once");
  known.set(encoding, body);
  return body;
}
