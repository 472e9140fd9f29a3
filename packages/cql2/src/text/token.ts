/** A token of CQL2 text. */
export interface Token {
  readonly type: "word" | "quoted" | "string" | "number" | "symbol" | "end";
  /** A word or symbol as written, the content of a string or quoted name, or a canonical number. */
  readonly text: string;
  /** A word in upper case, or a symbol. Empty for other tokens. */
  readonly keyword: string;
  readonly offset: number;
  /** For an opening parenthesis: the index of the token that closes it. */
  closedBy?: number;
}
