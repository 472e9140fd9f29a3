/** A row as the driver decodes it, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** One SQL statement with its bound values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /**
   * Set when the same plan is good for every value: PostgreSQL then parses and plans it once per
   * connection. Filters go without, because a generic plan cannot know how selective a box is.
   */
  readonly name?: string;
  /** True: it takes the database next to nothing, and may be sent together with others. */
  readonly isShort?: boolean;
  /** True: `queryBytes` gives values in PostgreSQL's binary format instead of as text. */
  readonly isBinary?: boolean;
  /** Bytes of its result at the most, below the limit of the database. */
  readonly maxBytes?: number;
}

/** Collects the values of a statement while its text is written. */
export class BoundValues {
  readonly #values: unknown[] = [];

  /** Binds a value and gives the placeholder that stands for it. */
  add(value: unknown): string {
    this.#values.push(value);
    return `$${this.#values.length}`;
  }

  all(): readonly unknown[] {
    return this.#values;
  }
}
