/** A table or view as the catalog of the database names it. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

const IDENTIFIER = String.raw`(?:"(?:[^"\0]|"")+"|[\p{L}_][\p{L}\p{N}_$-]*)`;
const TABLE = new RegExp(`^(?:(${IDENTIFIER})\\.)?(${IDENTIFIER})$`, "u");

/**
 * Reads `schema.table`, or `table` in the schema `public`. Names are taken as the catalog shows
 * them (case is kept); a name with dots, spaces or signs stands in double quotes, as in SQL.
 *
 * @returns undefined when the text is not the name of a table
 */
export function parseTableName(text: string): TableName | undefined {
  const match = TABLE.exec(text.trim());
  const name = match?.[2];
  if (name === undefined) return undefined;
  return { schema: unquoted(match?.[1] ?? "public"), name: unquoted(name) };
}

/** A table name as messages show it. */
export function formatTableName({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

function unquoted(identifier: string): string {
  if (!identifier.startsWith('"')) return identifier;
  return identifier.slice(1, -1).replaceAll('""', '"');
}
