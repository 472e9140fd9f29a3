/** One lexical piece of CQL2 text. */
export interface Token {
  readonly type: "word" | "quoted" | "string" | "number" | "symbol" | "end";
  /** A word or symbol as written, the content of a string or quoted name, a canonical number. */
  readonly text: string;
  /** The word in upper case; the symbol itself; empty for the others. */
  readonly keyword: string;
  readonly offset: number;
  /** For an opening parenthesis: the index of the token that closes it. */
  closedBy?: number;
}
