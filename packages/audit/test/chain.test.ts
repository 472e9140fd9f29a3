import { createHash } from "node:crypto";
import type { AuditEntry } from "@honua/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ChainHead,
  createChainVerifier,
  EMPTY_CHAIN,
  entryHash,
  entryHashParts,
  formatHead,
  parseHead,
  sealEntry,
  type UnsealedEntry,
} from "../src/index.ts";

const unsealed = (n: number): UnsealedEntry => ({
  at: new Date(Date.UTC(2026, 2, 1, 9, 0, n)).toISOString(),
  environment: "production",
  actor: `user:ana${n}@example.com`,
  recordedBy: null,
  action: "environment.pause",
  target: null,
  outcome: "done",
  detail: { reason: "the database moves", n },
});

function chainOf(length: number): AuditEntry[] {
  const chain: AuditEntry[] = [];
  let head: ChainHead = EMPTY_CHAIN;
  for (let n = 0; n < length; n += 1) {
    const entry = sealEntry(unsealed(n), head);
    chain.push(entry);
    head = entry;
  }
  return chain;
}

it("can be hashed from its parts by joining strings", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(
      text,
      fc.option(text),
      fc.option(text),
      fc.nat(),
      (actor, recordedBy, target, n) => {
        const entry = { ...unsealed(n), actor, recordedBy, target, detail: { text: actor, n } };
        const head = { sequence: n, hash: entryHash(sealEntry(entry, EMPTY_CHAIN)) };
        const [start, middle, end] = entryHashParts(entry);
        const joined = `${start}${head.hash}${middle}${n + 1}${end}`;
        const hash = createHash("sha256").update(joined).digest("hex");
        expect(hash).toBe(sealEntry(entry, head).hash);
      },
    ),
  );
});

const headOf = (chain: AuditEntry[]): ChainHead => chain.at(-1) ?? EMPTY_CHAIN;

/** The first error in a chain. */
function problemOf(chain: AuditEntry[], recorded: ChainHead, remembered?: ChainHead) {
  const verifier = createChainVerifier(remembered);
  for (const entry of chain) {
    const problem = verifier.verifyNext(entry);
    if (problem) return problem;
  }
  return verifier.verifyEnd(recorded);
}

describe("a chain of audit entries", () => {
  it("is valid when unchanged, even when empty", () => {
    const chain = chainOf(5);
    expect(problemOf(chain, headOf(chain), headOf(chain.slice(0, 3)))).toBeUndefined();
    expect(problemOf([], EMPTY_CHAIN)).toBeUndefined();
  });

  it("does not depend on the order of keys", () => {
    const [first] = chainOf(1);
    const turned = Object.fromEntries(Object.entries(first ?? {}).reverse()) as AuditEntry;
    expect(entryHash(turned)).toBe(first?.hash);
  });

  it("reports any change of an entry at that entry", () => {
    const chain = chainOf(6);
    const changes = fc.constantFrom<Partial<AuditEntry>>(
      { actor: "user:eve@example.com" },
      { at: "2027-01-01T00:00:00.000Z" },
      { outcome: "refused" },
      { detail: {} },
      { target: "x" },
      { environment: null },
      { recordedBy: "eve" },
      { hash: "f".repeat(64) },
      { previousHash: "f".repeat(64) },
    );
    fc.assert(
      fc.property(fc.nat(5), changes, (index, change) => {
        const tampered = chain.map((entry, at) => (at === index ? { ...entry, ...change } : entry));
        expect(problemOf(tampered, headOf(chain))).toMatchObject({ sequence: index + 1 });
      }),
    );
  });

  it("reports a removed, swapped or inserted entry at the first wrong position", () => {
    const chain = chainOf(6);
    const at = (n: number) => chain[n] as AuditEntry;
    const without = [...chain.slice(0, 2), ...chain.slice(3)];
    expect(problemOf(without, headOf(chain))).toMatchObject({
      sequence: 3,
      message: expect.stringContaining("Entry 3 is missing"),
    });
    const exchanged = [
      ...chain.slice(0, 2),
      { ...at(3), sequence: 3 },
      { ...at(2), sequence: 4 },
      ...chain.slice(4),
    ];
    expect(problemOf(exchanged, headOf(chain))).toMatchObject({ sequence: 3 });
    const forged = sealEntry(unsealed(99), at(2));
    const inserted = [...chain.slice(0, 3), forged, ...chain.slice(3)];
    expect(problemOf(inserted, headOf(chain))).toMatchObject({ sequence: 5 });
  });

  it("reports a truncated chain by the recorded head, or by a remembered head if both were changed", () => {
    const chain = chainOf(6);
    const cut = chain.slice(0, 4);
    expect(problemOf(cut, headOf(chain))).toMatchObject({
      sequence: 5,
      message: expect.stringContaining("The end of the chain is missing"),
    });
    expect(problemOf(cut, headOf(cut))).toBeUndefined();
    expect(problemOf(cut, headOf(cut), headOf(chain))).toMatchObject({ sequence: 5 });
  });

  it("reports a rewritten chain by a remembered head", () => {
    const chain = chainOf(4);
    const anew = chainOf(1);
    for (let n = 1; n < 5; n += 1) anew.push(sealEntry(unsealed(n + 50), headOf(anew)));
    expect(problemOf(anew, headOf(anew), headOf(chain))).toMatchObject({
      sequence: 4,
      message: expect.stringContaining("was rewritten"),
    });
  });

  it("formats and parses a head", () => {
    const head = headOf(chainOf(2));
    expect(parseHead(formatHead(head))).toEqual({ sequence: 2, hash: head.hash });
    expect(parseHead("2:abc")).toBeUndefined();
  });
});
