import { defineBucket } from "./define.ts";
import { watchCursor } from "./documents/cursor.ts";
import { desiredRelease, gatewayStatus } from "./documents/gateway.ts";
import { notificationDelivery } from "./documents/notification.ts";

/** Milliseconds without a heartbeat after which a gateway is considered gone. */
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
  summary: "The last commit that the watcher published for each environment.",
  value: watchCursor,
});

/** Longer than the stream retains an event, so that a redelivery always finds its entry. */
const DELIVERIES_TTL_MS = 14 * 24 * 60 * 60 * 1_000;

/** Key: `<channel>.<deployment>.<kind>`, or `<channel>.event.<id>` if no deployment is involved. */
export const notificationsBucket = defineBucket("notifications", {
  summary: "The notifications sent to each channel, so that each notification is sent once.",
  value: notificationDelivery,
  ttlMs: DELIVERIES_TTL_MS,
});

export const allBuckets = [
  desiredBucket,
  gatewaysBucket,
  watchCursorsBucket,
  notificationsBucket,
] as const;

/** Object stores. The name of an object is the SHA-256 of its bytes. */
export const objectStores = ["bundles", "releases", "plans"] as const;
export type ObjectStoreName = (typeof objectStores)[number];
