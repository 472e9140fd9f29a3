import { createHash } from "node:crypto";
import type { AuditEntry } from "@honua/contracts";
import { canonicalJson } from "@honua/release";
import type { ChainHead } from "./chain-head.ts";

/** An entry that is not part of a chain yet. */
export type UnsealedEntry = Omit<AuditEntry, "sequence" | "previousHash" | "hash">;

/**
 * The hash of an entry: SHA-256 of the canonical JSON (RFC 8785) of the entry without its own hash. The
 * hash of the previous entry is included.
 */
export function entryHash({ hash: _own, ...rest }: Omit<AuditEntry, "hash"> & { hash?: string }) {
  return createHash("sha256").update(canonicalJson(rest), "utf8").digest("hex");
}

/** Adds an entry to the chain after `head`. */
export function sealEntry(entry: UnsealedEntry, head: ChainHead): AuditEntry {
  const placed = { ...entry, sequence: head.sequence + 1, previousHash: head.hash };
  return { ...placed, hash: entryHash(placed) };
}

/**
 * The text that `entryHash` hashes, split at the two values that depend on the end of the chain: the
 * hash of the previous entry, and the sequence number. A database without RFC 8785 can insert both.
 */
export function entryHashParts(entry: UnsealedEntry): [string, string, string] {
  const { recordedBy, target, ...first } = entry;
  return [
    `${canonicalJson(first).slice(0, -1)},"previousHash":"`,
    `","recordedBy":${canonicalJson(recordedBy)},"sequence":`,
    `,"target":${canonicalJson(target)}}`,
  ];
}
