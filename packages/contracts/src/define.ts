import type { z } from "zod";

/**
 * Where an event is published: `history` is the event stream that every service may read; `lane` is
 * the ordered per-environment work queue, from which one reconciler processes the event.
 */
export type EventDestination = "history" | "lane";

/** A kind of event; its CloudEvents type is `honua.<name>.v<version>`. */
export interface EventDefinition<Data extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly version: number;
  readonly type: string;
  readonly summary: string;
  readonly data: Data;
  readonly publishedTo: readonly EventDestination[];
}

/** Declares a kind of event. Without `publishedTo` it is published to the event stream only. */
export function defineEvent<Data extends z.ZodType>(
  name: string,
  definition: {
    version: number;
    summary: string;
    data: Data;
    publishedTo?: readonly EventDestination[];
  },
): EventDefinition<Data> {
  return {
    name,
    type: `honua.${name}.v${definition.version}`,
    publishedTo: ["history"],
    ...definition,
  };
}

/**
 * A NATS request/reply call between services, on the subject `rpc.<name>`. An `addressed` call goes
 * to one process, on the subject `rpc.<name>.<environment>.<instance>`.
 */
export interface CallDefinition<
  Request extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly name: string;
  readonly summary: string;
  readonly request: Request;
  readonly response: Response;
  readonly addressed: boolean;
}

/** Declares a call. */
export function defineCall<Request extends z.ZodType, Response extends z.ZodType>(
  name: string,
  definition: { summary: string; request: Request; response: Response; addressed?: boolean },
): CallDefinition<Request, Response> {
  return { name, addressed: false, ...definition };
}

/** A key-value bucket on the bus. */
export interface BucketDefinition<Value extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly value: Value;
  /** Milliseconds after which an entry expires unless it is renewed; 0 means never. */
  readonly ttlMs: number;
}

/** Declares a key-value bucket. */
export function defineBucket<Value extends z.ZodType>(
  name: string,
  definition: { summary: string; value: Value; ttlMs?: number },
): BucketDefinition<Value> {
  return { name, ttlMs: 0, ...definition };
}
