import { defineBucket } from "./define.ts";
import { watchCursor } from "./documents/cursor.ts";
import { desiredRelease, gatewayStatus } from "./documents/gateway.ts";

/** Milliseconds after which a gateway that sent no heartbeat counts as gone. */
export const GATEWAY_TTL_MS = 30_000;

/** Key: `<environment>`. */
export const desiredBucket = defineBucket("desired", {
  summary: "The release each environment should serve.",
  value: desiredRelease,
});

/** Key: `<environment>.<instance>`. */
export const gatewaysBucket = defineBucket("gateways", {
  summary: "The live gateways and the release each one serves.",
  value: gatewayStatus,
  ttlMs: GATEWAY_TTL_MS,
});

/** Key: `<environment>`. */
export const watchCursorsBucket = defineBucket("watch-cursors", {
  summary: "The last commit the watcher handed over, for each environment.",
  value: watchCursor,
});

export const allBuckets = [desiredBucket, gatewaysBucket, watchCursorsBucket] as const;

/** Object stores; an object's name is the SHA-256 of its bytes. */
export const objectStores = ["bundles", "releases", "plans"] as const;
export type ObjectStoreName = (typeof objectStores)[number];
