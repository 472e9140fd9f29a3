import { LargeBuffers } from "./large-buffers.ts";
import { Lease, type LeasedBuffer, type ReleasableMemory } from "./lease.ts";

/** Smallest and largest buffer sizes that are pooled, in bytes. */
const MIN_REUSED = 256;
const MAX_REUSED = 4 * 1024 * 1024;
/** Maximum bytes of idle memory. */
const MAX_IDLE = 16 * 1024 * 1024;
/** Maximum bytes of buffers beyond `MAX_REUSED` that are in use at the same time. */
const MAX_LARGE = 1024 * 1024 * 1024;

/**
 * Reuses the memory of rows and responses. V8 counts the memory of buffers, including those in Node's
 * own pool, and collects its whole heap when many of them have accumulated. Without reuse this happened
 * twice a second while pages were read, short and long ones, for garbage that a few buffers
 * could have held.
 */
export class BufferPool {
  readonly #large: LargeBuffers;
  /** Idle memory by size. Each size is a power of two. */
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;

  /** @param options.maxLargeBytes bytes of large buffers that may be in use at the same time */
  constructor({ maxLargeBytes = MAX_LARGE }: { maxLargeBytes?: number } = {}) {
    this.#large = new LargeBuffers(maxLargeBytes);
  }

  /**
   * Leases uninitialized memory.
   *
   * @throws MemoryBudgetError when the large buffers in use leave no memory for another one
   */
  acquire(bytes: number): LeasedBuffer {
    if (bytes < MIN_REUSED) return new Lease(Buffer.allocUnsafe(bytes), GARBAGE_COLLECTED);
    if (bytes > MAX_REUSED) return this.#large.acquire(bytes);
    const size = 2 ** Math.ceil(Math.log2(bytes));
    const memory = this.#acquireIdle(size) ?? Buffer.allocUnsafeSlow(size);
    return new Lease(memory.subarray(0, bytes), new PooledMemory(memory, this.#release));
  }

  #acquireIdle(size: number): Buffer | undefined {
    const memory = this.#idle.get(size)?.pop();
    if (memory) this.#idleBytes -= size;
    return memory;
  }

  readonly #release = (memory: Buffer): void => {
    const size = memory.length;
    if (this.#idleBytes + size > MAX_IDLE) return;
    this.#idleBytes += size;
    const others = this.#idle.get(size);
    if (others) others.push(memory);
    else this.#idle.set(size, [memory]);
  };
}

/** Memory that returns to its pool once. */
class PooledMemory implements ReleasableMemory {
  #memory: Buffer | undefined;
  readonly #returnToPool: (memory: Buffer) => void;

  constructor(memory: Buffer, returnToPool: (memory: Buffer) => void) {
    this.#memory = memory;
    this.#returnToPool = returnToPool;
  }

  release(): void {
    const memory = this.#memory;
    if (!memory) return;
    this.#memory = undefined;
    this.#returnToPool(memory);
  }
}

const GARBAGE_COLLECTED: ReleasableMemory = { release() {} };

/** The pool that everything in this process shares. */
export const bufferPool = new BufferPool();
