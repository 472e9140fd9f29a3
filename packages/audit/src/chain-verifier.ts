import type { AuditEntry } from "@honua/contracts";
import { type ChainHead, START } from "./chain-head.ts";
import { entryHash } from "./entry-hash.ts";

/** What is wrong with a chain, and from which entry on. */
export interface ChainProblem {
  sequence: number;
  message: string;
}

/** Checks a chain from its first entry on, keeping nothing but its end. */
export interface ChainVerifier {
  /** Takes the next entry; says what is wrong with it. */
  take(entry: AuditEntry): ChainProblem | undefined;
  /** What was taken, up to the last sound entry. */
  head(): ChainHead;
  /** Says what is wrong with the end. @param recorded the head that the database keeps */
  end(recorded: ChainHead): ChainProblem | undefined;
}

/** @param remembered a head that was noted earlier; it must be part of the chain */
export function createChainVerifier(remembered?: ChainHead): ChainVerifier {
  let head = START;
  return {
    head: () => head,
    take(entry) {
      const problem = problemOf(entry, head) ?? problemOfRemembered(entry, remembered);
      if (!problem) head = { sequence: entry.sequence, hash: entry.hash };
      return problem;
    },
    end(recorded) {
      for (const [known, who] of [
        [recorded, "the database recorded"],
        [remembered, "was remembered"],
      ] as const) {
        if (!known || known.sequence <= head.sequence) continue;
        return {
          sequence: head.sequence + 1,
          message: `the end of the chain is missing: it ends with entry ${head.sequence}, but ${who} entry ${known.sequence}`,
        };
      }
      if (recorded.sequence === head.sequence && recorded.hash === head.hash) return undefined;
      return {
        sequence: head.sequence,
        message: `the chain ends with entry ${head.sequence} (${head.hash}), which is not the end that the database recorded: entry ${recorded.sequence} (${recorded.hash})`,
      };
    },
  };
}

function problemOf(entry: AuditEntry, head: ChainHead): ChainProblem | undefined {
  const { sequence } = entry;
  const expected = head.sequence + 1;
  if (sequence !== expected) {
    const message = `entry ${expected} is missing: after entry ${head.sequence} comes entry ${sequence}`;
    return { sequence: expected, message };
  }
  if (entry.previousHash !== head.hash) {
    return {
      sequence,
      message: `entry ${sequence} does not follow the entry before it: it names ${entry.previousHash}, and that one has ${head.hash}`,
    };
  }
  const actual = entryHash(entry);
  if (actual === entry.hash) return undefined;
  return {
    sequence,
    message: `entry ${sequence} was changed: its hash is ${actual}, and ${entry.hash} was written`,
  };
}

/** A chain may be sound in itself and yet have been written anew. */
function problemOfRemembered(
  { sequence, hash }: AuditEntry,
  remembered: ChainHead | undefined,
): ChainProblem | undefined {
  if (remembered?.sequence !== sequence || remembered.hash === hash) return undefined;
  return {
    sequence,
    message: `the chain was written anew: entry ${sequence} has ${hash}, and ${remembered.hash} was remembered`,
  };
}
