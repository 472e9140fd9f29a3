import type { z } from "zod";

/**
 * What an event is kept for: as something that happened, for everybody; or in the lane of its
 * environment, for the one reconciler that is to do something about it.
 */
export type EventUse = "history" | "lane";

/** A kind of event; its CloudEvents type is `honua.<name>.v<version>`. */
export interface EventDefinition<Data extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly version: number;
  readonly type: string;
  readonly summary: string;
  readonly data: Data;
  readonly keptFor: readonly EventUse[];
}

/** Declares a kind of event, which is history unless it says something else. */
export function defineEvent<Data extends z.ZodType>(
  name: string,
  definition: { version: number; summary: string; data: Data; keptFor?: readonly EventUse[] },
): EventDefinition<Data> {
  return {
    name,
    type: `honua.${name}.v${definition.version}`,
    keptFor: ["history"],
    ...definition,
  };
}

/**
 * A request that one service answers for another, on `rpc.<name>`; with `addressed` on
 * `rpc.<name>.<environment>.<instance>`, where one named process answers.
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
  /** Milliseconds after which an entry that nobody renewed vanishes; 0 keeps it. */
  readonly ttlMs: number;
}

/** Declares a key-value bucket. */
export function defineBucket<Value extends z.ZodType>(
  name: string,
  definition: { summary: string; value: Value; ttlMs?: number },
): BucketDefinition<Value> {
  return { name, ttlMs: 0, ...definition };
}
