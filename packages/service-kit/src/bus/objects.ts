import { createHash } from "node:crypto";
import type { ObjectStoreName } from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import { type ObjectInfo, type ObjectStore, Objm } from "@nats-io/obj";
import { headers, type NatsConnection, nuid } from "nats";
import { PermanentError, TransientError } from "../errors.ts";

/** Content-addressed objects: an object's name is the SHA-256 of its bytes. */
export interface Objects {
  /** Stores the text once; returns its digest. */
  put(text: string): Promise<string>;
  /** Whether the object and its bytes are there. */
  has(digest: string): Promise<boolean>;
  /** @throws PermanentError `corrupt-object`, TransientError `object-missing` */
  get(digest: string): Promise<string>;
}

export async function openObjects(
  connection: NatsConnection,
  manager: JetStreamManager,
  name: ObjectStoreName,
): Promise<Objects> {
  const store = await new Objm(connection).open(name);
  const entryOf = (digest: string) => inTime(readEntry(manager, name, digest), `${name}/${digest}`);
  return {
    async put(text) {
      const bytes = new TextEncoder().encode(text);
      const digest = digestOf(bytes);
      // Listed is not enough: a put that ran out of time leaves an entry and takes its bytes away.
      const info = await entryOf(digest);
      if (!info && bytes.length > 0 && bytes.length <= MOST_IN_ONE_CHUNK) {
        await writeOneChunk(manager, name, digest, bytes);
        return digest;
      }
      const present = info && (await inTime(read(store, manager, info), `${name}/${digest}`));
      if (!present || digestOf(present) !== digest) await store.putBlob({ name: digest }, bytes);
      return digest;
    },
    async has(digest) {
      const info = await entryOf(digest);
      if (!info || info.deleted) return false;
      if (info.chunks === 1) return (await readChunk(manager, info))?.length === info.size;
      const chunks = { subjects_filter: `$O.${name}.C.${info.nuid}` };
      const { state } = await manager.streams.info(`OBJ_${name}`, chunks);
      return state.subjects?.[chunks.subjects_filter] === info.chunks;
    },
    async get(digest) {
      const info = await entryOf(digest);
      const bytes = info && (await inTime(read(store, manager, info), `${name}/${digest}`));
      if (!bytes)
        throw new TransientError("object-missing", `${name}/${digest} is not in the object store`);
      if (digestOf(bytes) !== digest) {
        throw new PermanentError("corrupt-object", `${name}/${digest} does not match its digest`);
      }
      return new TextDecoder().decode(bytes);
    },
  };
}

/** Bytes of a chunk as other clients write them as well. */
const MOST_IN_ONE_CHUNK = 128 * 1024;

/**
 * Writes an object that was never there, as ADR-20 of NATS says: its bytes, then the entry that names
 * them. The client asks for an earlier one once more, and hashes in JavaScript.
 */
async function writeOneChunk(
  manager: JetStreamManager,
  bucket: ObjectStoreName,
  digest: string,
  bytes: Uint8Array,
): Promise<void> {
  const stream = manager.jetstream();
  const id = nuid.next();
  await stream.publish(`$O.${bucket}.C.${id}`, bytes);
  const entry = {
    name: digest,
    bucket,
    nuid: id,
    size: bytes.length,
    chunks: 1,
    options: { max_chunk_size: MOST_IN_ONE_CHUNK },
    mtime: new Date().toISOString(),
    digest: `SHA-256=${padded(Buffer.from(digest, "hex").toString("base64url"))}`,
    deleted: false,
  };
  const rollup = headers();
  rollup.set("Nats-Rollup", "sub");
  await stream.publish(entrySubject(bucket, digest), JSON.stringify(entry), { headers: rollup });
}

/** Base64 as the object store uses it: the alphabet for URLs, and yet with its padding. */
function padded(base64url: string): string {
  return base64url.padEnd(Math.ceil(base64url.length / 4) * 4, "=");
}

/** Asked for by its subject: through the client, it costs the server a request of its own API. */
async function readEntry(
  manager: JetStreamManager,
  bucket: ObjectStoreName,
  digest: string,
): Promise<ObjectInfo | null> {
  const last = { last_by_subj: entrySubject(bucket, digest) };
  const entry = await manager.direct.getMessage(`OBJ_${bucket}`, last);
  return entry?.json<ObjectInfo>() ?? null;
}

function entrySubject(bucket: ObjectStoreName, digest: string): string {
  return `$O.${bucket}.M.${padded(Buffer.from(digest).toString("base64url"))}`;
}

/**
 * Most objects are one chunk, and that is one message, which can be asked for by its subject
 * (ADR-20 of NATS). The client makes a consumer for every read, which costs the broker milliseconds.
 */
async function read(
  store: ObjectStore,
  manager: JetStreamManager,
  info: ObjectInfo,
): Promise<Uint8Array | null> {
  if (info.deleted) return null;
  return info.chunks === 1 ? readChunk(manager, info) : store.getBlob(info.name);
}

/** For one object the server finds its chunk by its name; to count several, it looks at every name. */
async function readChunk(
  manager: JetStreamManager,
  { bucket, nuid: id }: ObjectInfo,
): Promise<Uint8Array | null> {
  const subject = `$O.${bucket}.C.${id}`;
  const chunk = await manager.direct.getMessage(`OBJ_${bucket}`, { last_by_subj: subject });
  return chunk?.data ?? null;
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Milliseconds that reading one object may take; the client itself waits for ever. */
const READ_TIMEOUT_MS = 20_000;

function inTime<Value>(reading: Promise<Value>, what: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const message = `${what} was not read within ${READ_TIMEOUT_MS} ms`;
      reject(new TransientError("object-timeout", message));
    }, READ_TIMEOUT_MS);
    reading.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
