/** The client that a statement runs for. The signal is created lazily, on its first use. */
export interface ClientAbort extends Pick<AbortController, "signal"> {
  /** The account of the client. Connections are divided by owner. */
  readonly owner?: StatementOwner | undefined;
}

/** The account of a client. */
export interface StatementOwner {
  /** Adds time for which a statement ran. */
  addStatementMs(milliseconds: number): void;
  /**
   * Counts an open cursor, until the returned function is called.
   *
   * @throws anything when the client has too many
   */
  openCursor(): () => void;
}
