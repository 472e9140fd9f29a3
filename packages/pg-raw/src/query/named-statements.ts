import type pg from "pg";
import type { Statement } from "../statement.ts";

/** Statements that one connection keeps planned. Each takes 10 to 50 KB of the server's memory. */
const MAX_NAMED = 500;

/** Limits the named statements of each connection, because PostgreSQL keeps a plan for each of them. */
export class NamedStatements {
  readonly #maxPerConnection: number;
  readonly #names = new WeakMap<pg.PoolClient, Set<string>>();

  /** @param maxPerConnection 0 to send all statements without a name */
  constructor(maxPerConnection = MAX_NAMED) {
    this.#maxPerConnection = maxPerConnection;
  }

  /** The statement without its name if the connection keeps no further statements. */
  forConnection(client: pg.PoolClient, statement: Statement): Statement {
    if (statement.name === undefined || this.#keeps(client, statement.name)) return statement;
    const { name: _, ...unnamed } = statement;
    return unnamed;
  }

  #keeps(client: pg.PoolClient, name: string): boolean {
    const names = this.#names.get(client) ?? new Set();
    this.#names.set(client, names);
    if (names.size >= this.#maxPerConnection) return names.has(name);
    names.add(name);
    return true;
  }
}
