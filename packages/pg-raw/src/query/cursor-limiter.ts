import type { StatementOwner } from "../client-abort.ts";
import { connectionsBusy, tooManyCursors } from "../errors/capacity-errors.ts";

/**
 * Limits the open cursors, each of which holds a connection. Cursors may hold half of the connections,
 * so that slow readers of long responses leave the other half to short statements.
 */
export class CursorLimiter {
  readonly #max: number;
  readonly #maxOfOwner: number;
  readonly #openOfOwner = new WeakMap<StatementOwner, number>();
  #open = 0;

  constructor(maxConnections: number) {
    this.#max = Math.max(1, Math.floor(maxConnections / 2));
    // If there are several, one of them is left to other clients.
    this.#maxOfOwner = this.#max < 3 ? this.#max : this.#max - 1;
  }

  /**
   * Counts an open cursor, until the returned function is called.
   *
   * @throws HonuaError `database-busy`, `too-many-cursors`
   * @throws errors of `openCursor` of the owner
   */
  open(owner: StatementOwner | undefined): () => void {
    if (this.#open >= this.#max) throw connectionsBusy();
    if (this.#openOf(owner) >= this.#maxOfOwner) throw tooManyCursors();
    const closeOfOwner = owner?.openCursor();
    this.#add(owner, 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#add(owner, -1);
      closeOfOwner?.();
    };
  }

  #openOf(owner: StatementOwner | undefined): number {
    return (owner && this.#openOfOwner.get(owner)) ?? 0;
  }

  #add(owner: StatementOwner | undefined, change: number): void {
    this.#open += change;
    if (owner) this.#openOfOwner.set(owner, this.#openOf(owner) + change);
  }
}
