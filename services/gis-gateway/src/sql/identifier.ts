/** A name as a quoted SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The name, prefixed with `$` until it differs from all the others. */
export function unusedName(name: string, others: ReadonlySet<string>): string {
  return others.has(name) ? unusedName(`$${name}`, others) : name;
}

/** The schema-qualified name of a table. */
export function qualified(table: { schema: string; name: string }): string {
  return `${identifier(table.schema)}.${identifier(table.name)}`;
}

/**
 * A text as an SQL literal; `E''` if it contains a backslash, so that it does not depend on
 * settings.
 */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
