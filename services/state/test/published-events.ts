import { eventsUntil } from "@honua/testing/event-history";

/**
 * The events about an environment or its branch as a whole that the bus carries, from the first one to
 * the first of this type.
 */
export async function publishedEvents(
  natsUrl: string,
  environment: string,
  type: string,
): Promise<{ type: string; data: unknown }[]> {
  const events = await eventsUntil(natsUrl, environment, type);
  return events
    .filter((event) => /^honua\.(environment|commit)\./.test(event.type))
    .map((event) => ({ type: event.type, data: event.data }));
}
