/** The last entry of a chain; who remembers it notices when the end of the chain is cut off. */
export interface ChainHead {
  /** 0: the chain is empty. */
  sequence: number;
  hash: string;
}

/** Before the first entry. */
export const START: ChainHead = { sequence: 0, hash: "0".repeat(64) };

/** `<sequence>:<hash>`, as people keep it. */
export function formatHead({ sequence, hash }: ChainHead): string {
  return `${sequence}:${hash}`;
}

/** What `formatHead` wrote, or undefined. */
export function parseHead(text: string): ChainHead | undefined {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  return sequence === undefined || hash === undefined
    ? undefined
    : { sequence: Number(sequence), hash };
}
