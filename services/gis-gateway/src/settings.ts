import { join } from "node:path";
import { environmentName } from "@honua/contracts";
import { listenPort, serviceSettings } from "@honua/service-kit";
import { z } from "zod";

/** Addresses and networks: a list, or text separated by spaces or commas. */
const addresses = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(/[ ,]+/).filter((entry) => entry !== "")),
]);

function positive(value: number) {
  return z.coerce.number().positive().default(value);
}

/** Settings of the gateway. */
export const gatewaySettings = serviceSettings.extend({
  PORT: listenPort(5000),
  OPERATIONS_PORT: listenPort(5005).describe(
    "port for /metrics and for health with reasons, which PORT does not show; 0: any free port",
  ),
  OPERATIONS_HOST: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("address of the operations port; must not be publicly reachable"),
  HONUA_HOME: z.string().min(1).default(".honua").describe("data directory of the gateway"),
  HONUA_PUBLIC_URL: z.url().optional().describe("base URL of all links, regardless of the request"),
  HONUA_ADVERTISED_URL: z
    .url()
    .optional()
    .describe(
      "URL at which the reconciler reaches this process; http://127.0.0.1:<port> by default",
    ),
  GitOps: z.object({
    Watcher: z.object({ Environment: environmentName.describe("the environment to serve") }),
    GatewayDirectory: z
      .string()
      .min(1)
      .optional()
      .describe("directory of the active release; in HONUA_HOME by default"),
    CacheSeconds: z.coerce
      .number()
      .int()
      .nonnegative()
      .default(0)
      .describe("seconds that responses may be cached if the release does not say"),
    ResponseTimeoutSeconds: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(300)
      .describe(
        "time limit of a streamed response, and of an idle connection during a request, in seconds",
      ),
    StallTimeoutSeconds: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(30)
      .describe("seconds that a client may take to read the next 64 KiB of a long response"),
    MaxResultMegabytes: z.coerce
      .number()
      .int()
      .min(1)
      .max(500)
      .default(256)
      .describe("MiB of a file, tile or feature that are held in memory; larger ones return 400"),
    ClientBudgets: z
      .object({
        RequestsInFlight: positive(512).describe("concurrent requests of one client"),
        OpenCursors: positive(4).describe("concurrent long responses of one client"),
        RowsPerSecond: positive(100_000).describe("features returned to one client per second"),
        RowsBurst: positive(5_000_000).describe("features returned beyond that after a pause"),
        MegabytesPerSecond: positive(50).describe("MB sent to one client per second"),
        MegabytesBurst: positive(4_000).describe("MB sent beyond that after a pause"),
        StatementSecondsPerSecond: positive(4).describe(
          "seconds of database time of one client per second",
        ),
        StatementSecondsBurst: positive(600).describe(
          "seconds of database time beyond that after a pause",
        ),
        Unmetered: addresses
          .default(["127.0.0.0/8", "::1"])
          .describe(
            "addresses and networks whose features, bytes and database time are not counted",
          ),
      })
      .prefault({}),
    MaxUrlLength: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(15_000)
      .default(12_000)
      .describe("maximum length of a URL in characters; longer ones return 414"),
    MaxFilterLength: z.coerce
      .number()
      .int()
      .min(100)
      .max(15_000)
      .default(8_000)
      .describe("maximum length of a decoded filter in characters; longer ones return 400"),
    MaxStreams: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe("concurrent streamed responses; further requests return 503"),
    MinTileZoom: z.coerce
      .number()
      .int()
      .min(0)
      .max(24)
      .default(0)
      .describe("lowest zoom level of tiles for all layers; it bounds the area of a tile"),
    CollectionCheckSeconds: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(30)
      .describe("seconds between comparisons of served collections with their tables"),
    Workers: z
      .union([z.literal("auto"), z.coerce.number().int().min(1).max(64)])
      .default(1)
      .describe("processes that serve on one port; auto: one per processor core"),
    TrustedProxies: addresses
      .default([])
      .describe("addresses and networks of the proxies whose forwarding header is used"),
    ForwardedHeader: z
      .enum(["x-forwarded", "forwarded", "none"])
      .default("x-forwarded")
      .describe(
        "the header that trusted proxies write: X-Forwarded-Host, -Proto, -Port and -Prefix, or Forwarded (RFC 7239)",
      ),
  }),
});
export type GatewaySettings = z.output<typeof gatewaySettings>;

/** The directory with the copy of the environment's active release. */
export function releaseDirectory({ GitOps, HONUA_HOME }: GatewaySettings): string {
  return join(GitOps.GatewayDirectory ?? join(HONUA_HOME, "gateway"), GitOps.Watcher.Environment);
}

/** The address of the operations listener. */
export function operationsAddress(settings: GatewaySettings): { host: string; port: number } {
  return { host: settings.OPERATIONS_HOST, port: settings.OPERATIONS_PORT };
}
