/** Memory that can be returned to its pool. */
export interface ReleasableMemory {
  /** Returns the memory. Further calls have no effect. */
  release(): void;
}

/**
 * A value together with the memory that it was read into. The holder of a lease owns the memory: it
 * either passes the lease on or releases it. A lease that is dropped after an error does no harm. Its
 * memory is then garbage collected instead of reused.
 */
export class Lease<Value> {
  /** Must not be read after `release`, because the memory then holds other data. */
  readonly value: Value;
  readonly #memory: ReleasableMemory;

  constructor(value: Value, memory: ReleasableMemory) {
    this.value = value;
    this.#memory = memory;
  }

  /** Derives another value from the same memory. The returned lease replaces this one. */
  map<Derived>(derive: (value: Value) => Derived): Lease<Derived> {
    return new Lease(derive(this.value), this.#memory);
  }

  /**
   * Reads the value, then releases the memory.
   *
   * @param read must not keep a reference to the value or to a part of it
   */
  use<Result>(read: (value: Value) => Result): Result {
    try {
      return read(this.value);
    } finally {
      this.#memory.release();
    }
  }

  /** Returns the memory. Further calls have no effect. */
  release(): void {
    this.#memory.release();
  }

  /** Combines leases into one that releases the memory of all of them. */
  static all<Value>(leases: readonly Lease<Value>[]): Lease<Value[]> {
    const values = leases.map(({ value }) => value);
    return new Lease(values, combinedMemory(leases));
  }
}

/** Memory that consists of several parts. */
export function combinedMemory(parts: readonly ReleasableMemory[]): ReleasableMemory {
  return {
    release() {
      for (const part of parts) part.release();
    },
  };
}

/** Bytes in memory of a `BufferPool`. */
export type LeasedBuffer = Lease<Buffer>;
