import { createBrotliCompress, createGzip, constants as zlib } from "node:zlib";
import type { RowCursor } from "@honua/pg-raw";
import { slabs } from "@honua/pg-raw";
import { DATA_SECURITY_HEADERS } from "@honua/service-kit";
import { acceptedEncoding } from "../http/content-encoding.ts";
import { entityTag } from "../http/entity-tag.ts";
import { type HttpResponse, joined, sendResponse } from "../http/http-response.ts";
import { writePaced } from "../http/paced-write.ts";
import type { RequestContext } from "../http/request-context.ts";
import { apiUrl, type Link } from "../ogc/link.ts";
import { CRS84 } from "../ogc/media-types.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import { MAX_TEXT_BYTES } from "../sql/feature-sql.ts";
import { MAX_COUNTED_ROWS, type PageRequest } from "../sql/page-request.ts";
import { edgesStatement, fileStatement, rowsStatement } from "../sql/rows-sql.ts";
import { needsWholeTable, readFeatures, responseTooLarge } from "./feature-problems.ts";
import { flatGeobufColumns, MAX_FILE_FEATURES } from "./formats/flatgeobuf-file.ts";
import type { TextFormat } from "./formats/item-format.ts";
import { type ItemFormat, itemFormats } from "./formats/item-formats.ts";
import { neighbourPages, pageLinks } from "./page-links.ts";
import { parsePageRequest } from "./page-request.ts";
import { filterProblemOf, withFilterProblem } from "./parameters/filter.ts";
import { type QueryParameters, queryParameters } from "./parameters/query-parameters.ts";
import { readBatches } from "./read-batches.ts";

/** Bytes of a page that are gathered before it is sent piece by piece. */
const MAX_BUFFERED_BYTES = 128 * 1024;
/** Features of a page that is read backwards, and turned around here. */
const MAX_BACKWARD_FEATURES = 1_000;

type Format = Pick<ItemFormat, "mediaType"> & Partial<ItemFormat>;

/** What answering a page needs to know of it. */
interface PageContext {
  context: RequestContext;
  collection: Collection;
  source: FeatureSource;
  format: Format;
  parameters: QueryParameters;
  request: PageRequest;
}

/**
 * Answers with a page of features in one of the formats. A short page is finished before it is sent,
 * with an entity tag; a longer one is sent as the database gives it, with no more in memory than one
 * batch of rows. The client's pace is the pace of the cursor.
 *
 * @throws HttpProblem 400, 503 as long as nothing has been sent
 */
export async function sendItems(
  context: RequestContext,
  collection: Collection,
  format: Format,
): Promise<void> {
  const parameters = queryParameters(context.query, collection.parameters);
  await readFeatures(collection, async (source) => {
    const asked = parsePageRequest(collection, source, parameters);
    const most = format.text ? MAX_BACKWARD_FEATURES : MAX_FILE_FEATURES;
    const isCapped = asked.place?.direction === "before" || !format.text;
    const request = isCapped ? { ...asked, limit: Math.min(asked.limit, most) } : asked;
    const page = { context, collection, source, format, parameters, request };
    const { text } = format;
    const attempt = async (wholeTable: boolean) => {
      const tried = { ...page, request: { ...request, wholeTable } };
      return text ? await sendText(tried, text) : await sendFile(tried);
    };
    try {
      await attempt(false).catch((error: unknown) => {
        const { headersSent } = context.response;
        if (headersSent || !needsWholeTable(error, source.bound, request)) throw error;
        return attempt(true);
      });
    } catch (error) {
      throw request.filter ? filterProblemOf(error) : error;
    }
  });
}

async function sendText(page: PageContext, text: TextFormat): Promise<void> {
  const { context, source, request } = page;
  const { bound, database } = source;
  const item = text.itemSql(bound, request);
  const also = text.columns?.(bound) ?? [];
  const statement = withFilterProblem(() => rowsStatement(bound, request, item, also));
  const leave = context.streamLimiter.acquire();
  try {
    const cursor = await database.openCursor(statement, context.clientAbort);
    await sendRows(page, text, cursor);
  } finally {
    leave();
  }
}

async function sendRows(page: PageContext, text: TextFormat, cursor: RowCursor): Promise<void> {
  const {
    request,
    source: { bound },
  } = page;
  try {
    const batches = readBatches(cursor, { limit: request.limit, mend: text.repair });
    const isBackwards = request.place?.direction === "before";
    const start = await batches.gather(isBackwards ? MAX_TEXT_BYTES : MAX_BUFFERED_BYTES);
    if (isBackwards && !start.done) throw responseTooLarge();
    const items = isBackwards ? start.items.toReversed() : start.items;
    const head = text.head({ bound, request, now: new Date() });
    if (start.done) {
      const { returned, links } = pageEnd(page, batches);
      const matched = matchedCount(page, batches);
      const tail = text.tail({ returned, matched, links });
      page.context.clientAbort.owner?.addRows(returned);
      const content = joinItems(items, text.separator);
      const body = joined(head, content, tail);
      const tag = entityTag(content, JSON.stringify([matched, links]));
      slabs.giveBack(content);
      await cursor.close();
      return await sendFinished(page, { body, tag, links });
    }
    const links = text.hasLinks ? [] : await headerLinks(page, cursor, batches.nearest());
    await sendPieces(page, links, async (write) => {
      await write(joined(head));
      await write(joinItems(items, text.separator));
      for await (const more of batches.rest()) {
        await write(joinItems([NOTHING, ...more], text.separator));
      }
      const { returned, links: own } = pageEnd(page, batches);
      page.context.clientAbort.owner?.addRows(returned);
      const tail = text.tail({ returned, matched: matchedCount(page, batches), links: own });
      await write(joined(tail));
    });
  } finally {
    await cursor.close();
  }
}

type Batches = ReturnType<typeof readBatches>;

const NOTHING = Buffer.alloc(0);

/** The items as one piece, with a text between each two, in memory of the slabs. */
function joinItems(items: readonly Buffer[], between: string): Buffer {
  if (between === "") return joined(...items);
  return joined(...items.flatMap((item, at) => (at === 0 ? [item] : [between, item])));
}

function pageEnd(page: PageContext, batches: Batches): { returned: number; links: Link[] } {
  const hasMore = batches.hasMore();
  const row = { nearest: batches.nearest(), farthest: batches.farthest() };
  return { returned: batches.returned(), links: linksOf(page, row, hasMore) };
}

/** How many features match, where that is known exactly. */
function matchedCount({ request }: PageContext, batches: Batches): number | undefined {
  const counted = batches.matched();
  if (counted !== undefined && counted <= MAX_COUNTED_ROWS) return counted;
  const isFirst = request.offset === 0 && request.place === undefined;
  return isFirst && !batches.hasMore() ? batches.returned() : undefined;
}

/** The links of a page whose text has none, before its end is known: they go into the header. */
async function headerLinks(
  page: PageContext,
  cursor: RowCursor,
  nearest: unknown,
): Promise<Link[]> {
  const { source, request } = page;
  const [edges] = await cursor.query(edgesStatement(source.bound, request));
  const hasMore = Number(edges?.fetched) > request.limit;
  return linksOf(page, { nearest, farthest: edges?.farthest }, hasMore);
}

function linksOf(
  { context, collection, format, parameters, request }: PageContext,
  row: { nearest: unknown; farthest: unknown },
  hasMore: boolean,
): Link[] {
  const url = apiUrl(context.base, "collections", collection.layer.id, "items");
  const { place, offset } = request;
  const beside = neighbourPages(row, { place, offset, hasMore });
  const named: QueryParameters =
    format.name === undefined ? parameters : new Map([...parameters, ["f", format.name]]);
  const formats = itemFormats(collection).filter(({ name }) => name !== format.name);
  return pageLinks(url, named, beside, { type: format.mediaType, formats });
}

async function sendFile(page: PageContext): Promise<void> {
  const { context, source, request } = page;
  const { bound, database } = source;
  const columns = flatGeobufColumns(bound, request);
  const statement = withFilterProblem(() => fileStatement(bound, request, columns));
  const [row] = await database.queryBytes(statement, context.clientAbort);
  const [file, fetched, first, last] = row ?? [];
  const body = file ?? Buffer.alloc(0);
  const placeOf = (place: Buffer | null | undefined) => (place ? String(place) : undefined);
  const edges = { nearest: placeOf(first), farthest: placeOf(last) };
  const count = Number(String(fetched));
  context.clientAbort.owner?.addRows(Math.min(count, request.limit));
  const links = linksOf(page, edges, count > request.limit);
  await sendFinished(page, { body, tag: entityTag(body, JSON.stringify(links)), links });
}

function sendFinished(
  page: PageContext,
  { body, tag, links }: { body: Buffer; tag: string; links: readonly Link[] },
): Promise<void> {
  const { context, collection, format, request } = page;
  const name = fileName(page);
  const answer: HttpResponse = {
    ...(name === undefined ? {} : { fileName: name }),
    type: format.mediaType,
    body,
    isLent: true,
    tag,
    cacheControl: collection.cacheControl,
    link: linkHeader(links),
    contentCrs: request.system?.uri ?? CRS84,
  };
  return sendResponse(context, answer);
}

/**
 * Writes pieces at the pace of the client, and gives their memory back; a failure in the middle cuts
 * the answer off.
 */
async function sendPieces(
  page: PageContext,
  links: readonly Link[],
  write: (piece: (bytes: Buffer) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { context, collection, format, request } = page;
  const { response, responseHeaders } = context;
  const { signal } = context.clientAbort;
  responseHeaders.set("Content-Type", format.mediaType);
  responseHeaders.set("Cache-Control", collection.cacheControl);
  responseHeaders.set("Content-Crs", `<${request.system?.uri ?? CRS84}>`);
  if (links.length > 0) responseHeaders.set("Link", linkHeader(links));
  const name = fileName(page);
  if (name !== undefined)
    responseHeaders.set("Content-Disposition", `attachment; filename="${name}"`);
  responseHeaders.vary("Accept-Encoding");
  const isHead = context.request.method === "HEAD";
  const accepted = context.request.headers["accept-encoding"];
  const encoding = isHead ? undefined : acceptedEncoding(accepted, ["gzip", "br"]);
  if (encoding) responseHeaders.set("Content-Encoding", encoding);
  responseHeaders.write(response, 200, DATA_SECURITY_HEADERS);
  if (isHead) {
    response.end();
    return;
  }
  const compressor =
    encoding === "gzip"
      ? createGzip({ level: 1 })
      : encoding === "br"
        ? createBrotliCompress({ params: { [zlib.BROTLI_PARAM_QUALITY]: 1 } })
        : undefined;
  compressor?.on("error", () => response.destroy()).pipe(response);
  const sink = compressor ?? response;
  // A client that reads too slowly must not hold a connection to the database indefinitely.
  const disconnect = () => response.destroy();
  const deadline = setTimeout(disconnect, context.responseTimeoutMs);
  response.once("close", () => {
    clearTimeout(deadline);
    compressor?.destroy();
  });
  try {
    await write(async (bytes) => {
      const written = () => slabs.giveBack(bytes);
      await writePaced(sink, bytes, {
        signal,
        stallMs: context.stallTimeoutMs,
        disconnect,
        written,
      });
    });
    sink.end();
  } catch (error) {
    // The status is sent: what is left is to end the connection before its time.
    response.destroy();
    if (!signal.aborted) throw error;
  }
}

/** The name to save the page under; undefined for what browsers show. */
function fileName({ collection, format }: PageContext): string | undefined {
  if (format.extension === undefined) return undefined;
  return `${collection.layer.id.replace(/[^A-Za-z0-9_.~-]/g, "_")}.${format.extension}`;
}

function linkHeader(links: readonly Link[]): string {
  return links
    .map(({ href, rel, type }) => `<${href}>; rel="${rel}"${type ? `; type="${type}"` : ""}`)
    .join(", ");
}
