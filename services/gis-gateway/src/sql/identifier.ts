/** A name as an SQL identifier, whatever it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A name that none of these is: the wanted one, with as many `$` before it as it takes. */
export function unusedName(wanted: string, taken: ReadonlySet<string>): string {
  return taken.has(wanted) ? unusedName(`$${wanted}`, taken) : wanted;
}

/** A table with its schema. */
export function qualified(table: { schema: string; name: string }): string {
  return `${identifier(table.schema)}.${identifier(table.name)}`;
}

/** A text as an SQL literal; `E''` whenever it has a backslash, so that no setting changes it. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
