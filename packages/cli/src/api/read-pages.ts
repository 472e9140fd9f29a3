import { z } from "zod";
import type { ApiClient } from "./api-client.ts";

/** Largest page that the API returns. */
const MAX_PAGE_SIZE = 200;

/**
 * Reads a paged list.
 *
 * @param options.limit maximum number of items; all items by default
 */
export async function readPages<Item extends z.ZodType>(
  api: Pick<ApiClient, "get">,
  path: string,
  itemSchema: Item,
  options: { limit?: number; query?: Record<string, string | undefined> } = {},
): Promise<z.output<Item>[]> {
  const { limit = Number.POSITIVE_INFINITY, query = {} } = options;
  const pageSchema = z.object({ items: z.array(itemSchema), next: z.string().nullable() });
  const items: z.output<Item>[] = [];
  for (let cursor: string | undefined; ; ) {
    const pageSize = String(Math.min(MAX_PAGE_SIZE, limit - items.length));
    const parameters = Object.entries({ ...query, limit: pageSize, cursor });
    const pairs = parameters.filter((pair): pair is [string, string] => !!pair[1]);
    const page = await api.get(`${path}?${new URLSearchParams(pairs)}`, pageSchema);
    items.push(...page.items);
    if (page.next === null || items.length >= limit) return items;
    cursor = page.next;
  }
}
