import type { ClientLimits } from "./budgets/client-budgets.ts";

/** Limits of requests in this process. A release cannot change them. */
export interface RequestLimits {
  /** Maximum characters of a URL. The HTTP server accepts up to 16 kB of headers. */
  urlLength: number;
  /** Maximum characters of a filter. */
  filterLength: number;
  /** Maximum number of concurrent streamed responses. */
  streams: number;
  /** Minimum zoom level of tiles. A tile of level z covers 1/4^z of the world. */
  minTileZoom: number;
  /** Maximum duration of a streamed response, and of a stalled connection. */
  responseTimeoutSeconds: number;
  /** Maximum time in which a client must read the next 64 KiB of a long response. */
  stallTimeoutSeconds: number;
  /** Maximum bytes of a result of a database, or of one feature, in memory. */
  resultBytes: number;
  /** Budgets of each client. */
  client: ClientLimits;
}
