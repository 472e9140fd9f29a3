import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { ObjectStoreName } from "@honua/contracts";
import { Objm } from "@nats-io/obj";
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
  name: ObjectStoreName,
): Promise<Objects> {
  const store = await new Objm(connection).open(name);
  return {
    async put(text) {
      const bytes = new TextEncoder().encode(text);
      const digest = digestOf(bytes);
      if ((await store.info(digest)) === null) await store.putBlob({ name: digest }, bytes);
      return digest;
    },
    async get(digest) {
      const bytes = await inTime(store.getBlob(digest), `${name}/${digest}`);
      if (!bytes)
        throw new TransientError("object-missing", `${name}/${digest} is not in the object store`);
      if (digestOf(bytes) !== digest) {
        throw new PermanentError("corrupt-object", `${name}/${digest} does not match its digest`);
      }
      return new TextDecoder().decode(bytes);
    },
  };
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
