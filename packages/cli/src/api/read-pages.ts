import { z } from "zod";
import type { Api } from "./api-client.ts";

/** Items that one page may have at most. */
const PAGE = 200;

/**
 * Reads a list page by page.
 *
 * @param options.limit items at most; all of them without it
 */
export async function readPages<Item extends z.ZodType>(
  api: Pick<Api, "get">,
  path: string,
  item: Item,
  options: { limit?: number; query?: Record<string, string | undefined> } = {},
): Promise<z.output<Item>[]> {
  const { limit = Number.POSITIVE_INFINITY, query = {} } = options;
  const page = z.object({ items: z.array(item), next: z.string().nullable() });
  const items: z.output<Item>[] = [];
  for (let cursor: string | undefined; ; ) {
    const asked = { ...query, limit: String(Math.min(PAGE, limit - items.length)), cursor };
    const pairs = Object.entries(asked).filter((pair): pair is [string, string] => !!pair[1]);
    const answer = await api.get(`${path}?${new URLSearchParams(pairs)}`, page);
    items.push(...answer.items);
    if (answer.next === null || items.length >= limit) return items;
    cursor = answer.next;
  }
}
