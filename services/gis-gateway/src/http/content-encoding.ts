import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { parseQualityValues } from "./quality-values.ts";

const brotliOf = promisify(brotliCompress);
const gzipOf = promisify(gzip);

export type ContentEncoding = "br" | "gzip";

/** Answers smaller than this fit into a packet as they are, in bytes. */
export const MIN_COMPRESSED_BYTES = 1_024;

/**
 * The encoding that the client accepts (RFC 9110, 12.5.3), the preferred one first; undefined for
 * none of them.
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
 * Compresses outside the thread that answers.
 *
 * @param effort `once` for what is sent many times, `each` for what is sent once: the lowest level,
 *   which halves the time of the default and makes GeoJSON about a tenth larger
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
