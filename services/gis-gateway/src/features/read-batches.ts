import { type ByteRow, Lease, type RowCursor } from "@honua/pg-raw";

/** Rows of the first batch, because the size of the features is not known yet; and the maximum. */
const FIRST_BATCH_ROWS = 20;
const MAX_BATCH_ROWS = 2_000;
/** Target size of a batch in bytes. */
const TARGET_BATCH_BYTES = 64 * 1024;

/**
 * Reads the rows of `rowsStatement` in batches, and collects the counts and positions for the end of
 * the page. Batches have fewer rows if features are large.
 *
 * @param repair corrects the text of each feature for its format
 */
export function readBatches(
  cursor: RowCursor,
  { limit, repair = unchanged }: { limit: number; repair?: ((item: Buffer) => Buffer) | undefined },
) {
  let size = FIRST_BATCH_ROWS;
  let done = false;
  let seen = 0;
  let nearest: string | undefined;
  let farthest: string | undefined;
  let matched: number | undefined;

  const next = async (): Promise<Lease<Buffer[]>> => {
    const fetched = await cursor.fetch(size);
    done = fetched.isEnd;
    note(fetched.rows.value);
    const items = fetched.rows.map((rows) =>
      rows.flatMap(([item]) => (item ? [repair(item)] : [])),
    );
    const length = bytesOf(items.value);
    const each = Math.max(1, length / Math.max(1, items.value.length));
    size = Math.max(1, Math.min(MAX_BATCH_ROWS, size * 4, Math.round(TARGET_BATCH_BYTES / each)));
    return items;
  };

  function note(rows: readonly ByteRow[]): void {
    for (const [, place, count] of rows) {
      seen += 1;
      if (seen === 1) {
        nearest = place ? String(place) : undefined;
        matched = count ? Number(String(count)) : undefined;
      }
      if (seen === limit) farthest = place ? String(place) : undefined;
    }
  }

  return {
    /** Reads items until the end of the page, or until they have this many bytes. */
    async gather(bytes: number): Promise<{ items: Lease<Buffer[]>; done: boolean }> {
      const batches: Lease<Buffer[]>[] = [];
      for (let length = 0; !done && length < bytes; ) {
        const items = await next();
        batches.push(items);
        length += bytesOf(items.value);
      }
      return { items: Lease.all(batches).map((all) => all.flat()), done };
    },
    /** The remaining batches. */
    async *rest(): AsyncGenerator<Lease<Buffer[]>> {
      while (!done) {
        const items = await next();
        if (items.value.length > 0) yield items;
        else items.release();
      }
    },
    hasMore: () => seen > limit,
    returned: () => Math.min(seen, limit),
    matched: () => matched,
    nearest: () => nearest,
    farthest: () => farthest,
  };
}

function bytesOf(items: readonly Buffer[]): number {
  return items.reduce((sum, item) => sum + item.length, 0);
}

function unchanged(item: Buffer): Buffer {
  return item;
}
