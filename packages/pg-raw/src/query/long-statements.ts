/** Milliseconds for which a statement that took long is not batched. */
const EXCLUDED_MS = 10_000;
/** Maximum number of entries, which include statements of replaced releases. */
const MAX_ENTRIES = 1_000;

/** The statements that recently took long, by their text. They are excluded from batches for a while. */
export class LongStatements {
  readonly #excludedUntil = new Map<string, number>();

  add(text: string): void {
    if (this.#excludedUntil.size >= MAX_ENTRIES) this.#excludedUntil.clear();
    this.#excludedUntil.set(text, performance.now() + EXCLUDED_MS);
  }

  has(text: string): boolean {
    const until = this.#excludedUntil.get(text);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    this.#excludedUntil.delete(text);
    return false;
  }
}
