import type { AuditEntry } from "@honua/contracts";
import { type ChainHead, EMPTY_CHAIN } from "./chain-head.ts";
import { entryHash } from "./entry-hash.ts";

/** An error in a chain, and the first entry that it affects. */
export interface ChainProblem {
  sequence: number;
  message: string;
}

/** Verifies a chain from its first entry. It stores only the current head. */
export interface ChainVerifier {
  /** Verifies the next entry. Undefined if it is valid. */
  verifyNext(entry: AuditEntry): ChainProblem | undefined;
  /** The last valid entry. */
  head(): ChainHead;
  /**
   * Verifies the end of the chain. Undefined if it is valid.
   *
   * @param recorded the head that the database recorded
   */
  verifyEnd(recorded: ChainHead): ChainProblem | undefined;
}

/** @param remembered a head noted earlier, which must be part of the chain */
export function createChainVerifier(remembered?: ChainHead): ChainVerifier {
  let head = EMPTY_CHAIN;
  return {
    head: () => head,
    verifyNext(entry) {
      const problem = problemOf(entry, head) ?? problemWithRememberedHead(entry, remembered);
      if (!problem) head = { sequence: entry.sequence, hash: entry.hash };
      return problem;
    },
    verifyEnd(recorded) {
      for (const [known, origin] of [
        [recorded, "recorded in the database"],
        [remembered, "remembered"],
      ] as const) {
        if (!known || known.sequence <= head.sequence) continue;
        return {
          sequence: head.sequence + 1,
          message: `The end of the chain is missing: it ends with entry ${head.sequence}, but the head ${origin} is entry ${known.sequence}.`,
        };
      }
      if (recorded.sequence === head.sequence && recorded.hash === head.hash) return undefined;
      return {
        sequence: head.sequence,
        message: `The chain ends with entry ${head.sequence} (${head.hash}), but the head recorded in the database is entry ${recorded.sequence} (${recorded.hash}).`,
      };
    },
  };
}

function problemOf(entry: AuditEntry, head: ChainHead): ChainProblem | undefined {
  const { sequence } = entry;
  const expected = head.sequence + 1;
  if (sequence !== expected) {
    const message = `Entry ${expected} is missing: entry ${sequence} follows entry ${head.sequence}.`;
    return { sequence: expected, message };
  }
  if (entry.previousHash !== head.hash) {
    return {
      sequence,
      message: `Entry ${sequence} does not follow the previous entry: its previousHash is ${entry.previousHash}, but the hash of the previous entry is ${head.hash}.`,
    };
  }
  const actual = entryHash(entry);
  if (actual === entry.hash) return undefined;
  return {
    sequence,
    message: `Entry ${sequence} was changed: its computed hash is ${actual}, but its recorded hash is ${entry.hash}.`,
  };
}

/**
 * A chain that was rewritten is consistent in itself, so that only a remembered head reveals it.
 */
function problemWithRememberedHead(
  { sequence, hash }: AuditEntry,
  remembered: ChainHead | undefined,
): ChainProblem | undefined {
  if (remembered?.sequence !== sequence || remembered.hash === hash) return undefined;
  return {
    sequence,
    message: `The chain was rewritten: the hash of entry ${sequence} is ${hash}, but the remembered hash is ${remembered.hash}.`,
  };
}
