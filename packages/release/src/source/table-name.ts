/** The name of a table or view in the catalog of the database. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

const IDENTIFIER = String.raw`(?:"(?:[^"\0]|"")+"|[\p{L}_][\p{L}\p{N}_$-]*)`;
const TABLE = new RegExp(`^(?:(${IDENTIFIER})\\.)?(${IDENTIFIER})$`, "u");

/**
 * Parses `schema.table`, or `table` in the schema `public`. Case is kept, as in the catalog. A name
 * with dots, spaces or signs is in double quotes, as in SQL.
 *
 * @returns undefined if the text is not a table name
 */
export function parseTableName(text: string): TableName | undefined {
  const match = TABLE.exec(text.trim());
  const name = match?.[2];
  if (name === undefined) return undefined;
  return { schema: unquoted(match?.[1] ?? "public"), name: unquoted(name) };
}

/** A table name for messages. */
export function formatTableName({ schema, name }: TableName): string {
  return `${schema}.${name}`;
}

function unquoted(identifier: string): string {
  if (!identifier.startsWith('"')) return identifier;
  return identifier.slice(1, -1).replaceAll('""', '"');
}
