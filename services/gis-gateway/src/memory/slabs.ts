/**
 * Memory for rows and answers, which is used again. V8 counts the memory of buffers, also of those in
 * Node's pool, and collects its whole heap when much of it has come together: twice a second while
 * pages are read, short ones as well as long ones, for garbage that a few buffers could have held.
 */
export interface Slabs {
  take(bytes: number): Buffer;
  /** Takes back what holds some bytes, which nobody may read any more; does nothing for others. */
  giveBack(part: Buffer): void;
}

/** Bytes from which on memory is used again, and up to which. */
const SMALLEST = 256;
const LARGEST = 4 * 1024 * 1024;
/** Bytes that lie ready at the most. */
const KEPT = 16 * 1024 * 1024;

/** The memory that everything in this process shares. */
export const slabs: Slabs = createSlabs();

export function createSlabs(): Slabs {
  const ready = new Map<number, Buffer[]>();
  const lent = new WeakMap<ArrayBufferLike, Buffer>();
  let kept = 0;

  return {
    take(bytes) {
      if (bytes < SMALLEST) return Buffer.allocUnsafe(bytes);
      if (bytes > LARGEST) return Buffer.allocUnsafeSlow(bytes);
      const size = 2 ** Math.ceil(Math.log2(bytes));
      const slab = reuse(size) ?? Buffer.allocUnsafeSlow(size);
      lent.set(slab.buffer, slab);
      return slab.subarray(0, bytes);
    },
    giveBack({ buffer }) {
      const slab = lent.get(buffer);
      if (!slab || kept + slab.length > KEPT) return;
      lent.delete(buffer);
      kept += slab.length;
      const others = ready.get(slab.length);
      if (others) others.push(slab);
      else ready.set(slab.length, [slab]);
    },
  };

  function reuse(size: number): Buffer | undefined {
    const slab = ready.get(size)?.pop();
    if (slab) kept -= size;
    return slab;
  }
}
