import { z } from "zod";
import type { EventDefinition } from "./define.ts";
import { environmentName, instant } from "./environment.ts";

/** CloudEvents 1.0 in structured mode; `subject` is the environment. */
export const envelope = z.object({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: environmentName,
  time: instant,
  datacontenttype: z.literal("application/json"),
  data: z.unknown(),
});
export type Envelope<Data = unknown> = Omit<z.infer<typeof envelope>, "data"> & { data: Data };

/**
 * Wraps the data of one event in a CloudEvents envelope. The `id` is also the `Nats-Msg-Id`, by
 * which JetStream drops duplicates.
 *
 * @throws ZodError when the data does not match the schema of the event
 */
export function wrapEvent<Data extends z.ZodType>(
  event: EventDefinition<Data>,
  fields: { id: string; source: string; environment: string; time: string; data: z.input<Data> },
): Envelope<z.output<Data>> {
  return {
    specversion: "1.0",
    id: fields.id,
    source: fields.source,
    type: event.type,
    subject: fields.environment,
    time: fields.time,
    datacontenttype: "application/json",
    data: event.data.parse(fields.data),
  };
}
