import { createHash } from "node:crypto";
import type { AuditEntry } from "@honua/contracts";
import { canonicalJson } from "@honua/release";
import type { ChainHead } from "./chain-head.ts";

/** An entry before it has its place in the chain. */
export type UnsealedEntry = Omit<AuditEntry, "sequence" | "previousHash" | "hash">;

/**
 * SHA-256 over the canonical JSON (RFC 8785) of everything in the entry but its hash; the hash of the
 * entry before is part of it.
 */
export function entryHash({ hash: _own, ...rest }: Omit<AuditEntry, "hash"> & { hash?: string }) {
  return createHash("sha256").update(canonicalJson(rest), "utf8").digest("hex");
}

/** The entry as the next one after `head`. */
export function sealed(entry: UnsealedEntry, head: ChainHead): AuditEntry {
  const placed = { ...entry, sequence: head.sequence + 1, previousHash: head.hash };
  return { ...placed, hash: entryHash(placed) };
}

/**
 * The text that `entryHash` hashes, in the three parts around what only the end of the chain knows: the
 * hash of the entry before, and the sequence. So can a database seal an entry that knows no RFC 8785.
 */
export function sealableParts(entry: UnsealedEntry): [string, string, string] {
  const { recordedBy, target, ...first } = entry;
  return [
    `${canonicalJson(first).slice(0, -1)},"previousHash":"`,
    `","recordedBy":${canonicalJson(recordedBy)},"sequence":`,
    `,"target":${canonicalJson(target)}}`,
  ];
}
