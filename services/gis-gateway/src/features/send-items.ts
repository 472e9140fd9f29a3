import { createBrotliCompress, createGzip, constants as zlib } from "node:zlib";
import type { LeasedBuffer, LeasedRows, RowCursor } from "@honua/pg-raw";
import { DATA_SECURITY_HEADERS } from "@honua/service-kit";
import { acceptedEncoding } from "../http/content-encoding.ts";
import { entityTag } from "../http/entity-tag.ts";
import { type HttpResponse, joinParts, sendResponse } from "../http/http-response.ts";
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

/** Bytes of a page that are buffered before it is streamed. */
const MAX_BUFFERED_BYTES = 128 * 1024;
/** Maximum number of features of a page that is read backwards, because it is reversed in memory. */
const MAX_BACKWARD_FEATURES = 1_000;

type Format = Pick<ItemFormat, "mediaType"> & Partial<ItemFormat>;

/** A page of features and the request for it. */
interface PageContext {
  context: RequestContext;
  collection: Collection;
  source: FeatureSource;
  format: Format;
  parameters: QueryParameters;
  request: PageRequest;
}

/**
 * Sends a page of features in one of the formats. A short page is built before it is sent and has an
 * entity tag. A longer one is streamed with at most one batch of rows in memory, and the client sets
 * the pace of the cursor.
 *
 * @throws HttpProblem 400 or 503 before the response starts
 */
export async function sendItems(
  context: RequestContext,
  collection: Collection,
  format: Format,
): Promise<void> {
  const parameters = queryParameters(context.query, collection.parameters);
  await readFeatures(collection, async (source) => {
    const parsed = parsePageRequest(collection, source, parameters);
    const maxFeatures = format.text ? MAX_BACKWARD_FEATURES : MAX_FILE_FEATURES;
    const isCapped = parsed.place?.direction === "before" || !format.text;
    const request = isCapped ? { ...parsed, limit: Math.min(parsed.limit, maxFeatures) } : parsed;
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
  const extraColumns = text.columns?.(bound) ?? [];
  const statement = withFilterProblem(() => rowsStatement(bound, request, item, extraColumns));
  const releaseStream = context.streamLimiter.acquire();
  try {
    const cursor = await database.openCursor(statement, context.clientAbort);
    await sendRows(page, text, cursor);
  } finally {
    releaseStream();
  }
}

async function sendRows(page: PageContext, text: TextFormat, cursor: RowCursor): Promise<void> {
  const {
    request,
    source: { bound },
  } = page;
  try {
    const batches = readBatches(cursor, { limit: request.limit, repair: text.repair });
    const isBackwards = request.place?.direction === "before";
    const start = await batches.gather(isBackwards ? MAX_TEXT_BYTES : MAX_BUFFERED_BYTES);
    if (isBackwards && !start.done) throw responseTooLarge();
    const items = start.items.map((all) => (isBackwards ? all.toReversed() : all));
    const head = text.head({ bound, request, now: new Date() });
    if (start.done) {
      const { returned, links } = pageEnd(page, batches);
      const matched = matchedCount(page, batches);
      const tail = text.tail({ returned, matched, links });
      page.context.clientAbort.owner?.addRows(returned);
      const content = items.use((all) => joinItems(all, text.separator));
      const tag = entityTag(content.value, JSON.stringify([matched, links]));
      const lease = content.use((bytes) => joinParts(head, bytes, tail));
      await cursor.close();
      return await sendFinished(page, { body: lease.value, lease, tag, links });
    }
    const links = text.hasLinks ? [] : await headerLinks(page, cursor, batches.nearest());
    await sendPieces(page, links, async (write) => {
      await write(joinParts(head));
      await write(items.use((all) => joinItems(all, text.separator)));
      for await (const more of batches.rest()) {
        await write(more.use((all) => joinItems([EMPTY, ...all], text.separator)));
      }
      const { returned, links: own } = pageEnd(page, batches);
      page.context.clientAbort.owner?.addRows(returned);
      const tail = text.tail({ returned, matched: matchedCount(page, batches), links: own });
      await write(joinParts(tail));
    });
  } finally {
    await cursor.close();
  }
}

type Batches = ReturnType<typeof readBatches>;

const EMPTY = Buffer.alloc(0);

/** Concatenates items with a separator, in pooled memory. */
function joinItems(items: readonly Buffer[], between: string): LeasedBuffer {
  if (between === "") return joinParts(...items);
  return joinParts(...items.flatMap((item, at) => (at === 0 ? [item] : [between, item])));
}

function pageEnd(page: PageContext, batches: Batches): { returned: number; links: Link[] } {
  const hasMore = batches.hasMore();
  const row = { nearest: batches.nearest(), farthest: batches.farthest() };
  return { returned: batches.returned(), links: linksOf(page, row, hasMore) };
}

/** The exact number of matching features if it is known. */
function matchedCount({ request }: PageContext, batches: Batches): number | undefined {
  const counted = batches.matched();
  if (counted !== undefined && counted <= MAX_COUNTED_ROWS) return counted;
  const isFirst = request.offset === 0 && request.place === undefined;
  return isFirst && !batches.hasMore() ? batches.returned() : undefined;
}

/** Links for the `Link` header of a streamed page whose format has no links in its text. */
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
  const formatted: QueryParameters =
    format.name === undefined ? parameters : new Map([...parameters, ["f", format.name]]);
  const formats = itemFormats(collection).filter(({ name }) => name !== format.name);
  return pageLinks(url, formatted, beside, { type: format.mediaType, formats });
}

async function sendFile(page: PageContext): Promise<void> {
  const { context, source, request } = page;
  const { bound, database } = source;
  const columns = flatGeobufColumns(bound, request);
  const statement = withFilterProblem(() => fileStatement(bound, request, columns));
  const lease = await database.queryBytes(statement, context.clientAbort);
  const [file, fetched, first, last] = lease.value[0] ?? [];
  const body = file ?? Buffer.alloc(0);
  const placeOf = (place: Buffer | null | undefined) => (place ? String(place) : undefined);
  const edges = { nearest: placeOf(first), farthest: placeOf(last) };
  const count = Number(String(fetched));
  context.clientAbort.owner?.addRows(Math.min(count, request.limit));
  const links = linksOf(page, edges, count > request.limit);
  const tag = entityTag(body, JSON.stringify(links));
  await sendFinished(page, { body, lease, tag, links });
}

function sendFinished(
  page: PageContext,
  {
    body,
    lease,
    tag,
    links,
  }: { body: Buffer; lease: LeasedBuffer | LeasedRows; tag: string; links: readonly Link[] },
): Promise<void> {
  const { context, collection, format, request } = page;
  const name = fileName(page);
  const prepared: HttpResponse = {
    ...(name === undefined ? {} : { fileName: name }),
    type: format.mediaType,
    body,
    lease,
    tag,
    cacheControl: collection.cacheControl,
    link: linkHeader(links),
    contentCrs: request.system?.uri ?? CRS84,
  };
  return sendResponse(context, prepared);
}

/**
 * Writes pieces at the pace of the client. A failure after the first piece cuts the response off.
 */
async function sendPieces(
  page: PageContext,
  links: readonly Link[],
  write: (piece: (lease: LeasedBuffer) => Promise<void>) => Promise<void>,
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
  // A slow client must not occupy a connection to the database indefinitely.
  const disconnect = () => response.destroy();
  const deadline = setTimeout(disconnect, context.responseTimeoutMs);
  response.once("close", () => {
    clearTimeout(deadline);
    compressor?.destroy();
  });
  try {
    const { stallTimeoutMs: stallMs } = context;
    await write((lease) => writePaced(sink, lease.value, { signal, stallMs, disconnect, lease }));
    sink.end();
  } catch (error) {
    // The status is already sent, so the only way to report the failure is to abort the connection.
    response.destroy();
    if (!signal.aborted) throw error;
  }
}

/** Name under which browsers save the page. Undefined for formats that browsers show. */
function fileName({ collection, format }: PageContext): string | undefined {
  if (format.extension === undefined) return undefined;
  return `${collection.layer.id.replace(/[^A-Za-z0-9_.~-]/g, "_")}.${format.extension}`;
}

function linkHeader(links: readonly Link[]): string {
  return links
    .map(({ href, rel, type }) => `<${href}>; rel="${rel}"${type ? `; type="${type}"` : ""}`)
    .join(", ");
}
