import { type Envelope, EVENT_STREAM } from "@honua/contracts";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "nats";
import { eventually } from "./eventually.ts";

/**
 * Waits until an environment has an event of this type, and returns all of its events in order.
 */
export async function eventsUntil(
  natsUrl: string,
  environment: string,
  type: string,
): Promise<Envelope[]> {
  const connection = await connect({ servers: natsUrl });
  try {
    const manager = await jetstreamManager(connection);
    const consumer = await manager
      .jetstream()
      .consumers.get(EVENT_STREAM, { filter_subjects: `honua.${environment}.>` });
    const events: Envelope[] = [];
    return await eventually(`${type} was published`, async () => {
      for await (const message of await consumer.fetch({ max_messages: 100, expires: 1_000 })) {
        events.push(message.json<Envelope>());
        if (events.at(-1)?.type === type) return events;
      }
      return undefined;
    });
  } finally {
    await connection.close();
  }
}
