/**
 * A position in a filter: an offset in UTF-16 code units with line and column from 1, or a JSON
 * pointer.
 */
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
  /** the filter does not match the columns of the layer */
  | "unknown-property"
  | "type-mismatch"
  | "unsupported-function"
  | "unsupported-operand"
  /** the other encoding cannot express a part of the tree */
  | "not-expressible";

/** The error for an invalid filter. Its message may be shown to the client. */
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
