import { TransientError } from "@honua/service-kit";

/**
 * Memory for rows and answers, which is used again. V8 counts the memory of buffers, also of those in
 * Node's pool, and collects its whole heap when much of it has come together: twice a second while
 * pages are read, short ones as well as long ones, for garbage that a few buffers could have held.
 */
export interface Slabs {
  /** @throws MemoryBudgetError */
  take(bytes: number): Buffer;
  /** Takes back what holds some bytes, which nobody may read any more; does nothing for others. */
  giveBack(part: Buffer): void;
}

/** Bytes from which on memory is used again, and up to which. */
const SMALLEST = 256;
const LARGEST = 4 * 1024 * 1024;
/** Bytes that lie ready at the most. */
const KEPT = 16 * 1024 * 1024;
/** Bytes of buffers beyond `LARGEST` that are in use at the same time. */
const MAX_LARGE = 1024 * 1024 * 1024;

/** The large buffers that are in use leave no memory for another one. */
export class MemoryBudgetError extends TransientError {
  constructor() {
    super(
      "memory-budget-exceeded",
      "The server is sending as many large responses as it can hold in memory; try again in a moment, or ask for less.",
    );
  }
}

/** The memory that everything in this process shares. */
export const slabs: Slabs = createSlabs();

/** @param options.maxLarge bytes of large buffers in use */
export function createSlabs({ maxLarge = MAX_LARGE }: { maxLarge?: number } = {}): Slabs {
  const large = createLargeBuffers(maxLarge);
  const ready = new Map<number, Buffer[]>();
  const lent = new WeakMap<ArrayBufferLike, Buffer>();
  let kept = 0;

  return {
    take(bytes) {
      if (bytes < SMALLEST) return Buffer.allocUnsafe(bytes);
      if (bytes > LARGEST) return large.take(bytes);
      const size = 2 ** Math.ceil(Math.log2(bytes));
      const slab = reuse(size) ?? Buffer.allocUnsafeSlow(size);
      lent.set(slab.buffer, slab);
      return slab.subarray(0, bytes);
    },
    giveBack({ buffer }) {
      const slab = lent.get(buffer);
      if (!slab) large.giveBack(buffer);
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

/** Counts large buffers, which are not used again, until they are given back or collected. */
function createLargeBuffers(max: number) {
  const sizes = new WeakMap<ArrayBufferLike, { bytes: number }>();
  let used = 0;
  const release = (size: { bytes: number }) => {
    used -= size.bytes;
    size.bytes = 0;
  };
  // After an error nobody gives a buffer back.
  const collected = new FinalizationRegistry(release);

  return {
    take(bytes: number): Buffer {
      if (used + bytes > max) throw new MemoryBudgetError();
      const buffer = Buffer.allocUnsafeSlow(bytes);
      const size = { bytes };
      used += bytes;
      sizes.set(buffer.buffer, size);
      collected.register(buffer.buffer, size);
      return buffer;
    },
    giveBack(memory: ArrayBufferLike): void {
      const size = sizes.get(memory);
      if (size) release(size);
    },
  };
}
