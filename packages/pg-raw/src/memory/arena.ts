import { slabs } from "./buffer-pool.ts";

/** Memory for many small things that are done with together. */
export interface Arena {
  take(bytes: number): Buffer;
  /** Everything that was taken goes back to the slabs; nobody may read it any more, nor write it. */
  giveBack(): void;
}

const CHUNK = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export function createArena(): Arena {
  const chunks: Buffer[] = [];
  let chunk: Buffer = NOTHING;
  let used = 0;

  return {
    take(bytes) {
      if (bytes > CHUNK) {
        const own = slabs.take(bytes);
        chunks.push(own);
        return own;
      }
      if (bytes > chunk.length - used) {
        chunk = slabs.take(CHUNK);
        chunks.push(chunk);
        used = 0;
      }
      used += bytes;
      return chunk.subarray(used - bytes, used);
    },
    giveBack() {
      for (const taken of chunks.splice(0)) slabs.giveBack(taken);
      chunk = NOTHING;
      used = 0;
    },
  };
}
