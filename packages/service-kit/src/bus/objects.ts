import { createHash } from "node:crypto";
import type { ObjectStoreName } from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import { type ObjectInfo, type ObjectStore, Objm } from "@nats-io/obj";
import { headers, type NatsConnection, nuid } from "nats";
import { PermanentError, TransientError } from "../errors.ts";

/** Content-addressed objects: an object's name is the SHA-256 of its bytes. */
export interface ObjectStoreClient {
  /** Stores the text once; returns its digest. */
  put(text: string): Promise<string>;
  /** True if the object and its bytes exist. */
  has(digest: string): Promise<boolean>;
  /** @throws PermanentError `corrupt-object`, TransientError `object-missing` */
  get(digest: string): Promise<string>;
}

export async function openObjectStore(
  connection: NatsConnection,
  manager: JetStreamManager,
  name: ObjectStoreName,
): Promise<ObjectStoreClient> {
  const store = await new Objm(connection).open(name);
  const entryOf = (digest: string) =>
    withReadTimeout(readEntry(manager, name, digest), `${name}/${digest}`);
  return {
    async put(text) {
      const bytes = new TextEncoder().encode(text);
      const digest = sha256Of(bytes);
      // An entry is not enough: a put that timed out leaves the entry and removes the bytes.
      const info = await entryOf(digest);
      if (!info && bytes.length > 0 && bytes.length <= MAX_CHUNK_BYTES) {
        await writeOneChunk(manager, name, digest, bytes);
        return digest;
      }
      const present =
        info && (await withReadTimeout(readObject(store, manager, info), `${name}/${digest}`));
      if (!present || sha256Of(present) !== digest) await store.putBlob({ name: digest }, bytes);
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
      const bytes =
        info && (await withReadTimeout(readObject(store, manager, info), `${name}/${digest}`));
      if (!bytes)
        throw new TransientError("object-missing", `${name}/${digest} is not in the object store`);
      if (sha256Of(bytes) !== digest) {
        throw new PermanentError("corrupt-object", `${name}/${digest} does not match its digest`);
      }
      return new TextDecoder().decode(bytes);
    },
  };
}

/** Bytes per chunk, the default of NATS clients. */
const MAX_CHUNK_BYTES = 128 * 1024;

/**
 * Writes a new object (NATS ADR-20): its bytes, then the entry that refers to them. The client library
 * would look for an existing object once more, and hash in JavaScript.
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
    options: { max_chunk_size: MAX_CHUNK_BYTES },
    mtime: new Date().toISOString(),
    digest: `SHA-256=${padded(Buffer.from(digest, "hex").toString("base64url"))}`,
    deleted: false,
  };
  const rollup = headers();
  rollup.set("Nats-Rollup", "sub");
  await stream.publish(entrySubject(bucket, digest), JSON.stringify(entry), { headers: rollup });
}

/** Base64 as the object store uses it: the URL-safe alphabet with padding. */
function padded(base64url: string): string {
  return base64url.padEnd(Math.ceil(base64url.length / 4) * 4, "=");
}

/** Reads the entry directly by its subject, which is cheaper for the server than the client library's way. */
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
 * Most objects have one chunk, which is one message and can be read by its subject (NATS ADR-20). The
 * client library creates a consumer for every read, which costs the broker milliseconds.
 */
async function readObject(
  store: ObjectStore,
  manager: JetStreamManager,
  info: ObjectInfo,
): Promise<Uint8Array | null> {
  if (info.deleted) return null;
  return info.chunks === 1 ? readChunk(manager, info) : store.getBlob(info.name);
}

/** A lookup by subject; counting chunks would make the server scan all subjects. */
async function readChunk(
  manager: JetStreamManager,
  { bucket, nuid: id }: ObjectInfo,
): Promise<Uint8Array | null> {
  const subject = `$O.${bucket}.C.${id}`;
  const chunk = await manager.direct.getMessage(`OBJ_${bucket}`, { last_by_subj: subject });
  return chunk?.data ?? null;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Time limit for reading one object, in milliseconds; the client library has none. */
const READ_TIMEOUT_MS = 20_000;

function withReadTimeout<Value>(reading: Promise<Value>, what: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const message = `${what} was not read within ${READ_TIMEOUT_MS} ms`;
      reject(new TransientError("object-timeout", message));
    }, READ_TIMEOUT_MS);
    reading.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
