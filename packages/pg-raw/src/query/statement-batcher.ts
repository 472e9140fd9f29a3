import type pg from "pg";
import { busy, type Connections } from "../pool/connection-pool.ts";
import type { ByteRow } from "../protocol/row-tap.ts";
import type { Statement } from "./statement.ts";

/**
 * Sends short statements together that are asked for at the same moment: one message to the database
 * and one from it, where each would otherwise wake a connection of its own. That takes the process and
 * the database little more than half the time for a feature.
 */
export interface Batching {
  /**
   * The rows of a statement; undefined when it is to be asked for on its own: when it failed, took
   * long lately, or was held up by one that does.
   *
   * @throws HonuaError `database-busy`
   * @throws what the driver throws when there is no connection
   */
  ask(statement: Statement): Promise<readonly ByteRow[] | undefined>;
}

/** Statements of a batch at the most. */
const MOST = 16;
/** Statements that may wait; the next one is turned away at once. */
const MAX_WAITING = 200;
/** Milliseconds that a short statement takes at the most, and for which one that took more goes alone. */
const LONG_MS = 50;
const ALONE_MS = 10_000;
/** Statements that are remembered to take long; those of replaced releases are among them. */
const MOST_LONG = 1_000;
/** Milliseconds without an answer after which the others of a batch wait no longer. */
const STALLED_MS = 100;

interface Asked {
  statement: Statement;
  resolve(rows: readonly ByteRow[] | undefined): void;
  reject(error: unknown): void;
}

/**
 * @param options.atOnce batches that may be under way
 * @param options.send as `queryBatch`
 * @param options.stop stops what a connection does; gives what to wait for before it is used again
 * @param options.isBroken true for an error after which a connection is of no more use
 */
export function createBatching(options: {
  connections: Connections;
  atOnce: number;
  send(
    client: pg.PoolClient,
    statements: readonly Statement[],
    answered: (rows: readonly ByteRow[] | undefined) => void,
  ): Promise<void>;
  stop(client: pg.PoolClient): () => Promise<void>;
  isBroken(error: unknown): boolean;
}): Batching {
  const { connections, atOnce, send, stop, isBroken } = options;
  const waiting: Asked[] = [];
  /** Until when a statement goes alone, by its text. */
  const long = new Map<string, number>();
  let underWay = 0;
  let isPlanned = false;

  return {
    async ask(statement) {
      if (isLong(statement)) return undefined;
      if (waiting.length >= MAX_WAITING) throw busy();
      return new Promise((resolve, reject) => {
        waiting.push({ statement, resolve, reject });
        plan();
      });
    },
  };

  /** Sends what waits once everything that has arrived by now has been read. */
  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      while (waiting.length > 0 && underWay < atOnce) void run(waiting.splice(0, MOST));
    });
  }

  async function run(batch: readonly Asked[]): Promise<void> {
    const leave = enter();
    try {
      const client = await connections.take();
      connections.giveBack(client, await leavesBroken(client, batch, leave));
    } catch (error) {
      // Those that still wait would wait for the same.
      for (const { reject } of [...batch, ...waiting.splice(0)]) reject(error);
    } finally {
      leave();
    }
  }

  /** Counts a batch as under way, until what it returns is called. */
  function enter(): () => void {
    let isIn = true;
    underWay += 1;
    return () => {
      if (!isIn) return;
      isIn = false;
      underWay -= 1;
      if (waiting.length > 0) plan();
    };
  }

  /**
   * Has a batch answered; true when the connection is of no more use.
   *
   * @param leave called when others need not wait for it any more, which may be long before its end
   */
  async function leavesBroken(
    client: pg.PoolClient,
    batch: readonly Asked[],
    leave: () => void,
  ): Promise<boolean> {
    let answers = 0;
    let since = performance.now();
    let settled: (() => Promise<void>) | undefined;
    const askAlone = () => {
      for (const { resolve } of batch.slice(answers)) resolve(undefined);
    };
    const watch = watchProgress(
      () => answers,
      () => {
        noteLong(batch[answers]?.statement);
        askAlone();
        leave();
        settled = stop(client);
      },
    );
    const statements = batch.map(({ statement }) => statement);
    try {
      await send(client, statements, (rows) => {
        const now = performance.now();
        if (now - since > LONG_MS) noteLong(statements[answers]);
        since = now;
        batch[answers]?.resolve(rows);
        answers += 1;
      });
      return false;
    } catch (error) {
      // A result that is too large for a batch may be the reason.
      noteLong(statements[answers]);
      return isBroken(error);
    } finally {
      watch.end();
      askAlone();
      await settled?.();
    }
  }

  function noteLong(statement: Statement | undefined): void {
    if (!statement) return;
    if (long.size >= MOST_LONG) long.clear();
    long.set(statement.text, performance.now() + ALONE_MS);
  }

  function isLong({ text }: Statement): boolean {
    const until = long.get(text);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    long.delete(text);
    return false;
  }
}

/** Calls once when a count has not changed for a while, although what has arrived was read. */
function watchProgress(count: () => number, stalled: () => void): { end(): void } {
  let isOver = false;
  let seen = count();
  const look = () => {
    if (isOver) return;
    if (count() === seen) return stalled();
    seen = count();
    timer = later();
  };
  const later = () => setTimeout(() => setImmediate(look), STALLED_MS);
  let timer = later();
  return {
    end() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
