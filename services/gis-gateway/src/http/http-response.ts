import type { IncomingMessage, ServerResponse } from "node:http";
import { slabs } from "@honua/pg-raw";
import { DATA_SECURITY_HEADERS } from "@honua/service-kit";
import {
  acceptedEncoding,
  type ContentEncoding,
  compress,
  MIN_COMPRESSED_BYTES,
} from "./content-encoding.ts";
import { entityTag, matchesEntityTag } from "./entity-tag.ts";
import { writePaced } from "./paced-write.ts";
import type { RequestContext } from "./request-context.ts";
import { VIEW_SECURITY_HEADERS } from "./view-security-headers.ts";

/** Media type of HTML views. */
export const HTML_TYPE = "text/html; charset=utf-8";

/** A finished answer. */
export interface HttpResponse {
  type: string;
  body: Buffer;
  /** True: nobody else reads the memory of the body, which goes back to the slabs once it is sent. */
  isLent?: boolean;
  tag: string;
  cacheControl: string;
  /** Value of the `Link` header. */
  link?: string;
  /** URI of the coordinate reference system of the geometries, for `Content-Crs`. */
  contentCrs?: string;
  /** Under which browsers save it instead of showing it. */
  fileName?: string;
  /** True for an answer that is kept and sent again, which is worth more effort. */
  isCached?: boolean;
}

/** The same answer as a page. */
export function htmlResponse({ cacheControl }: HttpResponse, text: string): HttpResponse {
  const body = Buffer.from(text);
  return { type: HTML_TYPE, body, tag: entityTag(body), cacheControl };
}

/** Bytes beyond which a body is written at the pace of its client; smaller ones are reused memory. */
const PACED_ABOVE_BYTES = 4 * 1024 * 1024;
/** Bytes up to which a body is sent in one piece with the head. */
const SINGLE_WRITE_BYTES = 16 * 1024;

/** Sends an answer, or 304 to a client that has it. */
export async function sendResponse(
  context: Pick<RequestContext, "request" | "response" | "responseHeaders"> &
    Partial<Pick<RequestContext, "clientAbort" | "stallTimeoutMs">>,
  answer: HttpResponse,
): Promise<void> {
  const { request, response, responseHeaders } = context;
  const { body } = answer;
  const giveBack = () => {
    if (answer.isLent) slabs.giveBack(body);
  };
  responseHeaders.set("ETag", answer.tag);
  responseHeaders.set("Cache-Control", answer.cacheControl);
  if (answer.link !== undefined) responseHeaders.set("Link", answer.link);
  if (answer.contentCrs !== undefined) responseHeaders.set("Content-Crs", `<${answer.contentCrs}>`);
  responseHeaders.vary("Accept-Encoding");
  const security = answer.type === HTML_TYPE ? VIEW_SECURITY_HEADERS : DATA_SECURITY_HEADERS;
  if (matchesEntityTag(request.headers["if-none-match"], answer.tag)) {
    responseHeaders.write(response, 304, security);
    response.end();
    giveBack();
    return;
  }
  if (answer.fileName !== undefined) {
    responseHeaders.set("Content-Disposition", `attachment; filename="${answer.fileName}"`);
  }
  const encoding = body.length < MIN_COMPRESSED_BYTES ? undefined : encodingFor(request, answer);
  responseHeaders.set("Content-Type", answer.type);
  if (encoding !== undefined) {
    const shorter = await compressedBody(answer, encoding);
    giveBack();
    responseHeaders.set("Content-Encoding", encoding);
    responseHeaders.set("Content-Length", shorter.length);
    responseHeaders.write(response, 200, security);
    response.end(shorter);
    return;
  }
  responseHeaders.set("Content-Length", body.length);
  responseHeaders.write(response, 200, security);
  if (body.length <= SINGLE_WRITE_BYTES) {
    // Node writes a text together with the head, and bytes after it; in Latin-1 bytes stay as they are.
    response.end(body.toString("latin1"), "latin1");
    giveBack();
    return;
  }
  if (body.length > PACED_ABOVE_BYTES && context.clientAbort && request.method !== "HEAD") {
    const { clientAbort, stallTimeoutMs = 0 } = context;
    return sendPaced(response, body, {
      signal: clientAbort.signal,
      stallMs: stallTimeoutMs,
      giveBack,
    });
  }
  if (answer.isLent) response.once("finish", giveBack);
  response.end(body);
}

/** Sends a large body, until its client stops reading: it holds memory as long as it is not sent. */
async function sendPaced(
  response: ServerResponse,
  body: Buffer,
  { signal, stallMs, giveBack }: { signal: AbortSignal; stallMs: number; giveBack: () => void },
): Promise<void> {
  const disconnect = () => response.destroy();
  try {
    await writePaced(response, body, {
      signal,
      stallMs,
      disconnect,
      written: giveBack,
    });
    response.end();
  } catch (error) {
    disconnect();
    if (!signal.aborted) throw error;
  }
}

function encodingFor(
  request: IncomingMessage,
  { isCached }: HttpResponse,
): ContentEncoding | undefined {
  if (request.method === "HEAD") return undefined;
  return acceptedEncoding(
    request.headers["accept-encoding"],
    isCached ? ["br", "gzip"] : ["gzip", "br"],
  );
}

/** The parts of a body one after the other, texts in UTF-8; for an answer that is lent its memory. */
export function joined(...parts: readonly (string | Buffer)[]): Buffer {
  const length = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  const body = slabs.take(length);
  let at = 0;
  for (const part of parts) {
    at += typeof part === "string" ? body.write(part, at) : part.copy(body, at);
  }
  return body;
}

/** What kept answers look like compressed; goes with them. */
const compressedBodies = new WeakMap<HttpResponse, Map<ContentEncoding, Promise<Buffer>>>();

function compressedBody(answer: HttpResponse, encoding: ContentEncoding): Promise<Buffer> {
  if (!answer.isCached) return compress(answer.body, encoding, "each");
  const known = compressedBodies.get(answer) ?? new Map<ContentEncoding, Promise<Buffer>>();
  compressedBodies.set(answer, known);
  const body = known.get(encoding) ?? compress(answer.body, encoding, "once");
  known.set(encoding, body);
  return body;
}
