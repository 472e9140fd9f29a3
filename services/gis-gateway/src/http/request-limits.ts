import type { ClientLimits } from "./budgets/client-budgets.ts";

/** What requests may cost this process, whatever a release says. */
export interface RequestLimits {
  /** Characters of a URL as it is sent; the HTTP server itself takes 16 kB of headers. */
  urlLength: number;
  /** Characters of a filter. */
  filterLength: number;
  /** Answers that are sent as they are read, at once. */
  streams: number;
  /** First zoom level of tiles: a tile of level z covers a 4^z-th of the world. */
  minTileZoom: number;
  /** How long an answer that is sent piece by piece may take, and how long a connection may stall. */
  responseTimeoutSeconds: number;
  /** How long a client may take for the next 64 KiB of a long response. */
  stallTimeoutSeconds: number;
  /** Bytes of a result of a database, or of one feature, that are held in memory at once. */
  resultBytes: number;
  /** Budgets of each client. */
  client: ClientLimits;
}
