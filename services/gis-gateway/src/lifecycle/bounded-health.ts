import type { GatewayStatus } from "@honua/contracts";

type CollectionHealth = GatewayStatus["collections"][number];

/** Limits that keep a status well below the message size of the bus. */
const MAX_ENTRIES = 2_000;
const MAX_MESSAGE_LENGTH = 200;

/** The health of the collections, bounded for a status message; unhealthy collections come first. */
export function boundedHealth(collections: readonly CollectionHealth[]): CollectionHealth[] {
  const unhealthy = collections.filter(({ status }) => status === "Unhealthy");
  const healthy = collections.filter(({ status }) => status === "Healthy");
  return [...unhealthy, ...healthy].slice(0, MAX_ENTRIES).map((entry) => ({
    ...entry,
    ...(entry.message === undefined ? {} : { message: entry.message.slice(0, MAX_MESSAGE_LENGTH) }),
  }));
}
