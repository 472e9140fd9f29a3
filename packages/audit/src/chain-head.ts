/**
 * The last entry of a chain. Comparing with a head noted earlier reveals that entries were cut off.
 */
export interface ChainHead {
  /** 0 for an empty chain. */
  sequence: number;
  hash: string;
}

/** The head of an empty chain. */
export const EMPTY_CHAIN: ChainHead = { sequence: 0, hash: "0".repeat(64) };

/** `<sequence>:<hash>`, the form in which operators keep a head. */
export function formatHead({ sequence, hash }: ChainHead): string {
  return `${sequence}:${hash}`;
}

/** Parses the text of `formatHead`. Undefined if the text has another form. */
export function parseHead(text: string): ChainHead | undefined {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  return sequence === undefined || hash === undefined
    ? undefined
    : { sequence: Number(sequence), hash };
}
