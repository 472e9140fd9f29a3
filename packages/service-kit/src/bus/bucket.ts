import type { BucketDefinition } from "@honua/contracts";
import { JetStreamApiError, type JetStreamManager } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import type { z } from "zod";
import { parseMessageJson } from "./parse-message-json.ts";

export interface BucketEntry<Value> {
  key: string;
  value: Value;
  revision: number;
}

/** A typed key-value bucket. An entry that no longer parses counts as absent. */
export interface Bucket<Value> {
  get(key: string): Promise<BucketEntry<Value> | undefined>;
  put(key: string, value: Value): Promise<number>;
  /** Writes only if the key is still at `revision` (0: absent); returns undefined otherwise. */
  compareAndSet(key: string, value: Value, revision: number): Promise<number | undefined>;
  delete(key: string): Promise<void>;
  /** Every entry whose key matches a NATS subject filter. */
  list(filter: string): Promise<BucketEntry<Value>[]>;
  /** The present entries, then every change, until `signal` aborts. `value` is undefined for a deletion. */
  watch(
    filter: string,
    signal: AbortSignal,
  ): AsyncIterable<{ key: string; value: Value | undefined; revision: number }>;
}

export async function openBucket<Schema extends z.ZodType>(
  connection: NatsConnection,
  manager: JetStreamManager,
  definition: BucketDefinition<Schema>,
): Promise<Bucket<z.output<Schema>>> {
  type Value = z.output<Schema>;
  const kv: KV = await new Kvm(connection).open(definition.name);

  const parse = (entry: KvEntry) => {
    if (entry.operation !== "PUT") return undefined;
    const parsed = definition.value.safeParse(parseMessageJson(entry));
    return parsed.success
      ? { key: entry.key, value: parsed.data as Value, revision: entry.revision }
      : undefined;
  };
  const encode = (value: Value) => JSON.stringify(definition.value.parse(value));

  // The client's listing waits for the number of entries at its start, and never ends if one of them is
  // replaced in the meantime. The stream's subjects are returned in one response.
  const presentKeys = async (filter: string): Promise<string[]> => {
    const prefix = `$KV.${definition.name}.`;
    const { state } = await manager.streams.info(`KV_${definition.name}`, {
      subjects_filter: prefix + filter,
    });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix.length));
  };

  /** Revision of a deleted or unparseable entry, which counts as absent. */
  const revisionOfAbsent = async (key: string): Promise<number> => {
    const entry = await kv.get(key);
    return entry && parse(entry) === undefined ? entry.revision : 0;
  };

  return {
    async get(key) {
      const entry = await kv.get(key);
      return entry ? parse(entry) : undefined;
    },
    put: (key, value) => kv.put(key, encode(value)),
    async compareAndSet(key, value, revision) {
      try {
        const previousSeq = revision === 0 ? await revisionOfAbsent(key) : revision;
        return await kv.put(key, encode(value), { previousSeq });
      } catch (error) {
        // 10071: wrong last sequence, another client wrote first.
        if (error instanceof JetStreamApiError && error.code === 10071) return undefined;
        throw error;
      }
    },
    delete: (key) => kv.delete(key),
    async list(filter) {
      const entries = await Promise.all((await presentKeys(filter)).map((key) => kv.get(key)));
      return entries.flatMap((entry) => {
        const parsed = entry ? parse(entry) : undefined;
        return parsed ? [parsed] : [];
      });
    },
    async *watch(filter, signal) {
      const changes = await kv.watch({ key: filter });
      const stop = () => changes.stop();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      try {
        for await (const change of changes) {
          yield { key: change.key, value: parse(change)?.value, revision: change.revision };
        }
      } finally {
        signal.removeEventListener("abort", stop);
        changes.stop();
      }
    },
  };
}
