import type { Row } from "../database/database.ts";
import type { RowCursor } from "../database/row-cursor.ts";

/** Rows of the first batch, and of the largest. */
const FIRST = 100;
const MOST = 2_000;
/** Characters that a batch should have. */
const WANTED = 64 * 1024;

/**
 * Reads the rows of `rowsStatement` in batches, which become smaller where features are large, and
 * keeps what has to be known of the page at its end.
 *
 * @param mend what the format does to the text of each feature
 */
export function readBatches(
  cursor: RowCursor,
  { limit, mend = asItIs }: { limit: number; mend?: ((item: string) => string) | undefined },
) {
  let size = FIRST;
  let done = false;
  let seen = 0;
  let nearest: unknown;
  let farthest: unknown;
  let matched: unknown;

  const next = async (): Promise<string[]> => {
    const rows = await cursor.fetch(size);
    done = rows.length < size;
    note(rows);
    const items = rows.flatMap(({ item }) => (typeof item === "string" ? [mend(item)] : []));
    const length = items.reduce((sum, item) => sum + item.length, 0);
    const each = Math.max(1, length / Math.max(1, items.length));
    size = Math.max(1, Math.min(MOST, size * 4, Math.round(WANTED / each)));
    return items;
  };

  function note(rows: readonly Row[]): void {
    for (const row of rows) {
      seen += 1;
      if (seen === 1) {
        nearest = row.place;
        matched = row.matched;
      }
      if (seen === limit) farthest = row.place;
    }
  }

  return {
    /** Items from the start, until they are done or have that many characters. */
    async gather(characters: number): Promise<{ items: string[]; done: boolean }> {
      const items: string[] = [];
      for (let length = 0; !done && length < characters; ) {
        for (const item of await next()) {
          items.push(item);
          length += item.length;
        }
      }
      return { items, done };
    },
    /** The batches after those that were gathered. */
    async *rest(): AsyncGenerator<string[]> {
      while (!done) {
        const items = await next();
        if (items.length > 0) yield items;
      }
    },
    hasMore: () => seen > limit,
    returned: () => Math.min(seen, limit),
    matched: () => matched,
    nearest: () => nearest,
    farthest: () => farthest,
  };
}

function asItIs(item: string): string {
  return item;
}
