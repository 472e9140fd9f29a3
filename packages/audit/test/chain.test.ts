import { createHash } from "node:crypto";
import type { AuditEntry } from "@honua/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ChainHead,
  createChainVerifier,
  entryHash,
  formatHead,
  parseHead,
  START,
  sealableParts,
  sealed,
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
  let head: ChainHead = START;
  for (let n = 0; n < length; n += 1) {
    const entry = sealed(unsealed(n), head);
    chain.push(entry);
    head = entry;
  }
  return chain;
}

it("can be sealed by whoever only joins texts and hashes them", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(
      text,
      fc.option(text),
      fc.option(text),
      fc.nat(),
      (actor, recordedBy, target, n) => {
        const entry = { ...unsealed(n), actor, recordedBy, target, detail: { text: actor, n } };
        const head = { sequence: n, hash: entryHash(sealed(entry, START)) };
        const [start, middle, end] = sealableParts(entry);
        const joined = `${start}${head.hash}${middle}${n + 1}${end}`;
        const hash = createHash("sha256").update(joined).digest("hex");
        expect(hash).toBe(sealed(entry, head).hash);
      },
    ),
  );
});

const headOf = (chain: AuditEntry[]): ChainHead => chain.at(-1) ?? START;

/** The first thing that is wrong with a chain. */
function problemOf(chain: AuditEntry[], recorded: ChainHead, remembered?: ChainHead) {
  const verifier = createChainVerifier(remembered);
  for (const entry of chain) {
    const problem = verifier.take(entry);
    if (problem) return problem;
  }
  return verifier.end(recorded);
}

describe("a chain of audit entries", () => {
  it("is sound as it was made, also the empty one", () => {
    const chain = chainOf(5);
    expect(problemOf(chain, headOf(chain), headOf(chain.slice(0, 3)))).toBeUndefined();
    expect(problemOf([], START)).toBeUndefined();
  });

  it("does not depend on the order in which members were written", () => {
    const [first] = chainOf(1);
    const turned = Object.fromEntries(Object.entries(first ?? {}).reverse()) as AuditEntry;
    expect(entryHash(turned)).toBe(first?.hash);
  });

  it("shows every single change of any entry, at that entry", () => {
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

  it("shows a deletion, an exchange and an insertion at the first place that is wrong", () => {
    const chain = chainOf(6);
    const at = (n: number) => chain[n] as AuditEntry;
    const without = [...chain.slice(0, 2), ...chain.slice(3)];
    expect(problemOf(without, headOf(chain))).toMatchObject({
      sequence: 3,
      message: expect.stringContaining("entry 3 is missing"),
    });
    const exchanged = [
      ...chain.slice(0, 2),
      { ...at(3), sequence: 3 },
      { ...at(2), sequence: 4 },
      ...chain.slice(4),
    ];
    expect(problemOf(exchanged, headOf(chain))).toMatchObject({ sequence: 3 });
    const forged = sealed(unsealed(99), at(2));
    const inserted = [...chain.slice(0, 3), forged, ...chain.slice(3)];
    expect(problemOf(inserted, headOf(chain))).toMatchObject({ sequence: 5 });
  });

  it("shows a cut-off end by the recorded head, and by a remembered one when both were changed", () => {
    const chain = chainOf(6);
    const cut = chain.slice(0, 4);
    expect(problemOf(cut, headOf(chain))).toMatchObject({
      sequence: 5,
      message: expect.stringContaining("the end of the chain is missing"),
    });
    expect(problemOf(cut, headOf(cut))).toBeUndefined();
    expect(problemOf(cut, headOf(cut), headOf(chain))).toMatchObject({ sequence: 5 });
  });

  it("shows a chain that was written anew by a remembered head", () => {
    const chain = chainOf(4);
    const anew = chainOf(1);
    for (let n = 1; n < 5; n += 1) anew.push(sealed(unsealed(n + 50), headOf(anew)));
    expect(problemOf(anew, headOf(anew), headOf(chain))).toMatchObject({
      sequence: 4,
      message: expect.stringContaining("written anew"),
    });
  });

  it("keeps a head as text", () => {
    const head = headOf(chainOf(2));
    expect(parseHead(formatHead(head))).toEqual({ sequence: 2, hash: head.hash });
    expect(parseHead("2:abc")).toBeUndefined();
  });
});
