import { TransientError } from "@honua/service-kit";
import { Lease, type LeasedBuffer } from "./lease.ts";

/** The large buffers in use leave no memory for another one. */
export class MemoryBudgetError extends TransientError {
  constructor() {
    super(
      "memory-budget-exceeded",
      "The server is sending as many large responses as it can hold in memory; try again in a moment, or ask for less.",
    );
  }
}

/** Limits the bytes of large buffers, which are not reused, until they are released or collected. */
export class LargeBuffers {
  readonly #maxBytes: number;
  #usedBytes = 0;
  /** A lease that is dropped after an error is never released. */
  readonly #collected = new FinalizationRegistry((size: { bytes: number }) => this.#release(size));

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws MemoryBudgetError */
  acquire(bytes: number): LeasedBuffer {
    if (this.#usedBytes + bytes > this.#maxBytes) throw new MemoryBudgetError();
    const buffer = Buffer.allocUnsafeSlow(bytes);
    const size = { bytes };
    this.#usedBytes += bytes;
    this.#collected.register(buffer.buffer, size);
    return new Lease(buffer, { release: () => this.#release(size) });
  }

  #release(size: { bytes: number }): void {
    this.#usedBytes -= size.bytes;
    size.bytes = 0;
  }
}
