import { join } from "node:path";
import { environmentName } from "@honua/contracts";
import { listenPort, serviceSettings } from "@honua/service-kit";
import { z } from "zod";

/** Addresses and networks: a list, or a text with spaces or commas between them. */
const addresses = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split(/[ ,]+/).filter((entry) => entry !== "")),
]);

function positive(value: number) {
  return z.coerce.number().positive().default(value);
}

/** What the gateway reads from configuration files and variables. */
export const gatewaySettings = serviceSettings.extend({
  PORT: listenPort(5000),
  OPERATIONS_PORT: listenPort(5005).describe(
    "port of /metrics and of health with reasons, which PORT does not show; 0: any that is free",
  ),
  OPERATIONS_HOST: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("address of the operations port; never one that the public reaches"),
  HONUA_HOME: z.string().min(1).default(".honua").describe("folder of what the gateway keeps"),
  HONUA_PUBLIC_URL: z.url().optional().describe("base of every link, whatever a request says"),
  HONUA_ADVERTISED_URL: z
    .url()
    .optional()
    .describe("where the reconciler reaches this process; http://127.0.0.1:<port> when absent"),
  GitOps: z.object({
    Watcher: z.object({ Environment: environmentName.describe("the environment that is served") }),
    GatewayDirectory: z.string().min(1).optional().describe("keeps the active release"),
    CacheSeconds: z.coerce
      .number()
      .int()
      .nonnegative()
      .default(0)
      .describe("how long answers may be cached where the release does not say"),
    ResponseTimeoutSeconds: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(300)
      .describe(
        "how long an answer that is sent piece by piece may take, and a connection may stand still",
      ),
    StallTimeoutSeconds: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(30)
      .describe("how long a client may take for the next 64 KiB of a long response"),
    MaxResultMegabytes: z.coerce
      .number()
      .int()
      .min(1)
      .max(500)
      .default(256)
      .describe(
        "MiB of a file, a tile or one feature that are held in memory at once; a larger one is answered 400",
      ),
    ClientBudgets: z
      .object({
        RequestsInFlight: positive(512).describe("requests of one client at once"),
        OpenCursors: positive(4).describe("long responses of one client at once"),
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
      .describe("characters of a URL; a longer one is answered 414"),
    MaxFilterLength: z.coerce
      .number()
      .int()
      .min(100)
      .max(15_000)
      .default(8_000)
      .describe("characters of a filter, decoded; a longer one is answered 400"),
    MaxStreams: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe("answers that are sent as they are read, at once; the next is answered 503"),
    MinTileZoom: z.coerce
      .number()
      .int()
      .min(0)
      .max(24)
      .default(0)
      .describe("first zoom level of tiles, whatever a layer says; it bounds the area of a tile"),
    CollectionCheckSeconds: z.coerce
      .number()
      .positive()
      .max(86_400)
      .default(30)
      .describe("how often the served collections are compared with their tables"),
    Workers: z
      .union([z.literal("auto"), z.coerce.number().int().min(1).max(64)])
      .default(1)
      .describe("processes that serve on the one port; auto: as many as the machine has cores"),
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

/** The folder that holds the copy of the environment's active release. */
export function releaseDirectory({ GitOps, HONUA_HOME }: GatewaySettings): string {
  return join(GitOps.GatewayDirectory ?? join(HONUA_HOME, "gateway"), GitOps.Watcher.Environment);
}

/** Where the operations listener is. */
export function operationsAddress(settings: GatewaySettings): { host: string; port: number } {
  return { host: settings.OPERATIONS_HOST, port: settings.OPERATIONS_PORT };
}
