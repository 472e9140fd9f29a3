/** Where in a filter: an offset in UTF-16 code units with line and column from 1, or a JSON pointer. */
export type Cql2Position =
  | { readonly offset: number; readonly line: number; readonly column: number }
  | { readonly pointer: string };

export type Cql2ErrorCode =
  /** the filter does not follow the grammar */
  | "syntax"
  | "invalid-character"
  | "invalid-number"
  | "invalid-instant"
  | "invalid-geometry"
  | "invalid-pattern"
  /** the filter is larger than the limits allow */
  | "too-long"
  | "too-deep"
  | "too-many-nodes"
  | "too-many-vertices"
  /** the filter does not fit what it is asked of */
  | "unknown-property"
  | "type-mismatch"
  | "unsupported-function"
  | "unsupported-operand"
  /** the tree holds what the other encoding cannot write */
  | "not-expressible";

/** The only error this package throws for what a filter holds; its message is written for people. */
export class Cql2Error extends Error {
  override readonly name = "Cql2Error";
  readonly code: Cql2ErrorCode;
  readonly position: Cql2Position | undefined;

  constructor(
    code: Cql2ErrorCode,
    message: string,
    position?: Cql2Position,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.position = position;
  }
}
