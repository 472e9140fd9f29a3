import type { GatewayStatus } from "@honua/contracts";

type CollectionHealth = GatewayStatus["collections"][number];

/** Entries and characters that keep a status well below what the bus carries in one message. */
const MOST_LISTED = 2_000;
const LONGEST_MESSAGE = 200;

/** The health of the collections, cut to what fits into a status: the unhealthy ones first. */
export function listedHealth(collections: readonly CollectionHealth[]): CollectionHealth[] {
  const unhealthy = collections.filter(({ status }) => status === "Unhealthy");
  const healthy = collections.filter(({ status }) => status === "Healthy");
  return [...unhealthy, ...healthy].slice(0, MOST_LISTED).map((entry) => ({
    ...entry,
    ...(entry.message === undefined ? {} : { message: entry.message.slice(0, LONGEST_MESSAGE) }),
  }));
}
