/** A row as the driver decodes it, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** One SQL statement with its bound values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /**
   * Set if one plan is good for all values. PostgreSQL then parses and plans the statement once per
   * connection. Statements with filters have no name, because a generic plan cannot estimate the
   * selectivity of a box.
   */
  readonly name?: string;
  /** True if the statement is cheap for the database and may be sent in a batch with others. */
  readonly isShort?: boolean;
  /** True if `queryBytes` returns values in PostgreSQL's binary format instead of as text. */
  readonly isBinary?: boolean;
  /** Maximum bytes of the result, if this is less than the limit of the database. */
  readonly maxBytes?: number;
}

/** Collects the values of a statement while its text is written. */
export class BoundValues {
  readonly #values: unknown[] = [];

  /** Binds a value and returns its placeholder. */
  add(value: unknown): string {
    this.#values.push(value);
    return `$${this.#values.length}`;
  }

  all(): readonly unknown[] {
    return this.#values;
  }
}
