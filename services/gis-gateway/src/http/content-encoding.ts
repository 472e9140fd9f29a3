import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { parseQualityValues } from "./quality-values.ts";

const brotliOf = promisify(brotliCompress);
const gzipOf = promisify(gzip);

export type ContentEncoding = "br" | "gzip";

/** Minimum size of a compressed response in bytes. Smaller ones fit into one packet uncompressed. */
export const MIN_COMPRESSED_BYTES = 1_024;

/**
 * The first of the preferred encodings that the client accepts (RFC 9110, 12.5.3). Undefined if it
 * accepts none of them.
 */
export function acceptedEncoding(
  header: string | undefined,
  preferred: readonly ContentEncoding[],
): ContentEncoding | undefined {
  if (header === undefined) return undefined;
  const qualities = parseQualityValues(header);
  return preferred.find((name) => (qualities.get(name) ?? qualities.get("*") ?? 0) > 0);
}

/**
 * Compresses a body in the thread pool, not on the event loop.
 *
 * @param effort `once` for a body that is compressed once and sent many times. `each` for a body that
 *   is sent once: the lowest level takes half the time of the default and makes GeoJSON about a tenth
 *   larger.
 */
export function compress(
  body: Buffer,
  encoding: ContentEncoding,
  effort: "once" | "each",
): Promise<Buffer> {
  if (encoding === "gzip") return gzipOf(body, { level: effort === "once" ? 6 : 1 });
  const quality = effort === "once" ? 5 : 1;
  return brotliOf(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}
