import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { ObjectStoreName } from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import { type ObjectStore, Objm } from "@nats-io/obj";
import type { NatsConnection } from "nats";
import { PermanentError, TransientError } from "../errors.ts";

/** Content-addressed objects: an object's name is the SHA-256 of its bytes. */
export interface Objects {
  /** Stores the text once; returns its digest. */
  put(text: string): Promise<string>;
  /** @throws PermanentError `corrupt-object`, TransientError `object-missing` */
  get(digest: string): Promise<string>;
}

export async function openObjects(
  connection: NatsConnection,
  manager: JetStreamManager,
  name: ObjectStoreName,
): Promise<Objects> {
  const store = await new Objm(connection).open(name);
  return {
    async put(text) {
      const bytes = new TextEncoder().encode(text);
      const digest = digestOf(bytes);
      // Listed is not enough: a put that ran out of time leaves an entry and takes its bytes away.
      const present = await inTime(read(store, manager, name, digest), `${name}/${digest}`);
      if (!present || digestOf(present) !== digest) await store.putBlob({ name: digest }, bytes);
      return digest;
    },
    async get(digest) {
      const bytes = await inTime(read(store, manager, name, digest), `${name}/${digest}`);
      if (!bytes)
        throw new TransientError("object-missing", `${name}/${digest} is not in the object store`);
      if (digestOf(bytes) !== digest) {
        throw new PermanentError("corrupt-object", `${name}/${digest} does not match its digest`);
      }
      return new TextDecoder().decode(bytes);
    },
  };
}

/**
 * Most objects are one chunk, and that is one message, which can be asked for by its subject
 * (ADR-20 of NATS). The client makes a consumer for every read, which costs the broker milliseconds.
 */
async function read(
  store: ObjectStore,
  manager: JetStreamManager,
  name: ObjectStoreName,
  digest: string,
): Promise<Uint8Array | null> {
  const info = await store.info(digest);
  if (!info || info.deleted) return null;
  if (info.chunks !== 1) return store.getBlob(digest);
  const subject = `$O.${name}.C.${info.nuid}`;
  const chunk = await manager.direct.getMessage(`OBJ_${name}`, { last_by_subj: subject });
  return chunk?.data ?? null;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Milliseconds that reading one object may take; the client itself waits for ever. */
const READ_TIMEOUT_MS = 20_000;

async function inTime<Value>(reading: Promise<Value>, what: string): Promise<Value> {
  const giveUp = new AbortController();
  const tooLate = setTimeout(READ_TIMEOUT_MS, undefined, { signal: giveUp.signal }).then(() => {
    throw new TransientError("object-timeout", `${what} was not read within ${READ_TIMEOUT_MS} ms`);
  });
  try {
    return await Promise.race([reading, tooLate]);
  } finally {
    giveUp.abort();
    tooLate.catch(() => undefined);
  }
}
