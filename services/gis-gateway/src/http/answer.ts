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

/** Bytes of a body that is sent in one piece with the head. */
const ONE_PIECE = 16 * 1024;

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
  const small = answer.body.length < SMALLEST_COMPRESSED;
  const encoding = small ? undefined : encodingFor(request, answer);
  const body = encoding === undefined ? answer.body : await compressed(answer, encoding);
  if (encoding !== undefined) head.set("Content-Encoding", encoding);
  head.set("Content-Type", answer.type);
  head.set("Content-Length", body.length);
  head.write(response, 200, security);
  // Node writes a text together with the head, and bytes after it; as Latin-1 bytes stay what they are.
  if (body.length <= ONE_PIECE) response.end(body.toString("latin1"), "latin1");
  else response.end(body);
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
