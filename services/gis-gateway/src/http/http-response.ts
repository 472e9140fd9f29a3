import type { IncomingMessage, ServerResponse } from "node:http";
import { bufferPool, type Lease, type LeasedBuffer } from "@honua/pg-raw";
import { DATA_SECURITY_HEADERS } from "@honua/service-kit";
import {
  acceptedEncoding,
  type ContentEncoding,
  compress,
  MIN_COMPRESSED_BYTES,
} from "./content-encoding.ts";
import { entityTag, matchesEntityTag } from "./entity-tag.ts";
import { writePaced } from "./paced-write.ts";
import { releaseOnClose } from "./release-on-close.ts";
import type { RequestContext } from "./request-context.ts";
import { VIEW_SECURITY_HEADERS } from "./view-security-headers.ts";

/** Media type of HTML views. */
export const HTML_TYPE = "text/html; charset=utf-8";

/** A complete response. */
export interface HttpResponse {
  type: string;
  body: Buffer;
  /** Owns the memory of the body. `sendResponse` releases it. Absent if the body is cached or not pooled. */
  lease?: Lease<unknown>;
  tag: string;
  cacheControl: string;
  /** Value of the `Link` header. */
  link?: string;
  /** URI of the coordinate reference system of the geometries, for `Content-Crs`. */
  contentCrs?: string;
  /** Name under which browsers save the response instead of showing it. */
  fileName?: string;
  /** True for a response that is cached and sent again, which justifies a higher compression level. */
  isCached?: boolean;
}

/**
 * The HTML view of a response, whose memory is released.
 *
 * @param render receives the text of the response
 */
export function htmlResponse(
  { body: source, lease, cacheControl }: HttpResponse,
  render: (text: string) => string,
): HttpResponse {
  const text = String(source);
  lease?.release();
  const body = Buffer.from(render(text));
  return { type: HTML_TYPE, body, tag: entityTag(body), cacheControl };
}

/** Bytes above which a body is written at the pace of the client. Smaller bodies use pooled memory. */
const PACED_ABOVE_BYTES = 4 * 1024 * 1024;
/** Bytes up to which a body is written together with the headers. */
const SINGLE_WRITE_BYTES = 16 * 1024;

/**
 * Sends a response, or 304 if the client already has it. Releases the memory of the response when it has
 * been sent, when it is not needed, or when sending failed because of an error or a client disconnect.
 */
export async function sendResponse(
  context: Pick<RequestContext, "request" | "response" | "responseHeaders"> &
    Partial<Pick<RequestContext, "clientAbort" | "stallTimeoutMs">>,
  prepared: HttpResponse,
): Promise<void> {
  const { request, response, responseHeaders } = context;
  const { body } = prepared;
  /** True if the socket reads the memory of the body after this function has returned. */
  let isReadBySocket = false;
  try {
    responseHeaders.set("ETag", prepared.tag);
    responseHeaders.set("Cache-Control", prepared.cacheControl);
    if (prepared.link !== undefined) responseHeaders.set("Link", prepared.link);
    if (prepared.contentCrs !== undefined)
      responseHeaders.set("Content-Crs", `<${prepared.contentCrs}>`);
    responseHeaders.vary("Accept-Encoding");
    const security = prepared.type === HTML_TYPE ? VIEW_SECURITY_HEADERS : DATA_SECURITY_HEADERS;
    if (matchesEntityTag(request.headers["if-none-match"], prepared.tag)) {
      responseHeaders.write(response, 304, security);
      response.end();
      return;
    }
    if (prepared.fileName !== undefined) {
      responseHeaders.set("Content-Disposition", `attachment; filename="${prepared.fileName}"`);
    }
    const encoding =
      body.length < MIN_COMPRESSED_BYTES ? undefined : encodingFor(request, prepared);
    responseHeaders.set("Content-Type", prepared.type);
    if (encoding !== undefined) {
      const shorter = await compressedBody(prepared, encoding);
      responseHeaders.set("Content-Encoding", encoding);
      responseHeaders.set("Content-Length", shorter.length);
      responseHeaders.write(response, 200, security);
      response.end(shorter);
      return;
    }
    responseHeaders.set("Content-Length", body.length);
    responseHeaders.write(response, 200, security);
    if (body.length <= SINGLE_WRITE_BYTES) {
      // Node writes text together with the headers, but bytes after them. Latin-1 keeps the bytes unchanged.
      response.end(body.toString("latin1"), "latin1");
      return;
    }
    isReadBySocket = true;
  } finally {
    if (!isReadBySocket) prepared.lease?.release();
  }
  if (body.length > PACED_ABOVE_BYTES && context.clientAbort && request.method !== "HEAD") {
    const { clientAbort, stallTimeoutMs = 0 } = context;
    return sendPaced(response, prepared, { signal: clientAbort.signal, stallMs: stallTimeoutMs });
  }
  if (prepared.lease) releaseOnClose(response, prepared.lease);
  response.end(body);
}

/** Sends a large body, and disconnects a client that stops reading: an unsent body occupies memory. */
async function sendPaced(
  response: ServerResponse,
  { body, lease }: HttpResponse,
  { signal, stallMs }: { signal: AbortSignal; stallMs: number },
): Promise<void> {
  const disconnect = () => response.destroy();
  try {
    await writePaced(response, body, { signal, stallMs, disconnect, lease });
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

/** Concatenates the parts of a body in pooled memory. Texts are encoded in UTF-8. */
export function joinParts(...parts: readonly (string | Buffer)[]): LeasedBuffer {
  const length = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  const lease = bufferPool.acquire(length);
  const body = lease.value;
  let at = 0;
  for (const part of parts) {
    at += typeof part === "string" ? body.write(part, at) : part.copy(body, at);
  }
  return lease;
}

/** Compressed bodies of cached responses. An entry is released with its response. */
const compressedBodies = new WeakMap<HttpResponse, Map<ContentEncoding, Promise<Buffer>>>();

function compressedBody(prepared: HttpResponse, encoding: ContentEncoding): Promise<Buffer> {
  if (!prepared.isCached) return compress(prepared.body, encoding, "each");
  const known = compressedBodies.get(prepared) ?? new Map<ContentEncoding, Promise<Buffer>>();
  compressedBodies.set(prepared, known);
  const body = known.get(encoding) ?? compress(prepared.body, encoding, "once");
  known.set(encoding, body);
  return body;
}
