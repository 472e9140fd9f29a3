import { z } from "zod";
import { allBuckets, objectStores } from "./buckets.ts";
import { allCalls } from "./calls/index.ts";
import type { EventDefinition } from "./define.ts";
import { allEvents } from "./events/index.ts";
import { EVENT_STREAM, eventSubjects, LANE_STREAM } from "./subjects.ts";

/** Describes every event, call, bucket and object store of the bus as an AsyncAPI 3.0 document. */
export function asyncApiDocument(version: string): object {
  const events = allEvents.map((event) => ({
    key: event.name,
    channel: {
      ...addressOf(event),
      parameters: { environment: { description: "Name of the environment." } },
      messages: { event: { $ref: `#/components/messages/${event.name}` } },
    },
    message: {
      name: event.type,
      title: event.name,
      summary: event.summary,
      contentType: "application/cloudevents+json",
      payload: schemaOf(event.data),
    },
  }));
  const calls = allCalls.flatMap((call) => [
    {
      key: `rpc.${call.name}`,
      channel: {
        address: call.addressed ? `rpc.${call.name}.{environment}.{instance}` : `rpc.${call.name}`,
        description: call.summary,
        ...(call.addressed
          ? {
              parameters: {
                environment: {},
                instance: { description: "The process that replies." },
              },
            }
          : {}),
        messages: { request: { $ref: `#/components/messages/rpc.${call.name}.request` } },
      },
    },
  ]);
  const callMessages = allCalls.flatMap((call) => [
    [
      `rpc.${call.name}.request`,
      { contentType: "application/json", payload: schemaOf(call.request) },
    ],
    [
      `rpc.${call.name}.response`,
      { contentType: "application/json", payload: schemaOf(call.response) },
    ],
  ]);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Honua GitOps message bus",
      version,
      description: `Events are CloudEvents 1.0 in structured mode on the JetStream stream ${EVENT_STREAM}. Events that a reconciler must process are also, or only, on the work-queue stream ${LANE_STREAM} until a reconciler acknowledges them. The payloads below are the event data. Calls are NATS request/reply.`,
    },
    channels: Object.fromEntries([...events, ...calls].map(({ key, channel }) => [key, channel])),
    operations: Object.fromEntries(
      events.map(({ key }) => [key, { action: "send", channel: { $ref: `#/channels/${key}` } }]),
    ),
    components: {
      messages: {
        ...Object.fromEntries(events.map(({ key, message }) => [key, message])),
        ...Object.fromEntries(callMessages),
      },
      schemas: Object.fromEntries(
        allBuckets.map(({ name, summary, value }) => [
          `bucket.${name}`,
          { description: summary, ...schemaOf(value) },
        ]),
      ),
    },
    "x-object-stores": [...objectStores],
  };
}

function addressOf(event: EventDefinition): { address: string | null; description: string } {
  const [address = null, copy] = eventSubjects(event, "{environment}");
  const description = copy ? `${event.summary} Also a message on \`${copy}\`.` : event.summary;
  return { address, description };
}

function schemaOf(schema: z.ZodType): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return rest;
}
