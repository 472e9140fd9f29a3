import { parseConnectionKeywords } from "./connection-keywords.ts";
import type { ConnectionTarget } from "./connection-target.ts";
import { parseConnectionUrl } from "./connection-url.ts";

/**
 * Parses a connection string in either format: a `postgres://` URL or .NET keywords.
 *
 * @throws ConnectionStringError
 */
export function parseConnectionString(text: string): ConnectionTarget {
  const isUrl = /^postgres(ql)?:\/\//i.test(text.trim());
  return isUrl ? parseConnectionUrl(text.trim()) : parseConnectionKeywords(text);
}
