import type { Compilable, CompiledQuery, QueryCreator } from "kysely";
import type { Reader } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * Compiles a statement once and executes it with different parameters, because building the SQL text
 * takes this process longer than sending it. The SQL text must not depend on the parameter values.
 *
 * @param build builds the statement; all its parameters are strings
 */
export function compileOnce<Row, Parameters extends string[]>(
  build: (query: QueryCreator<Tables>, ...parameters: Parameters) => Compilable<Row>,
): (reader: Reader, ...parameters: Parameters) => Promise<Row[]> {
  let compiled: CompiledQuery<Row> | undefined;
  return async (reader, ...parameters) => {
    compiled ??= build(
      reader,
      ...(parameters.map((_, index) => placeholder(index)) as Parameters),
    ).compile();
    const values = compiled.parameters.map((value) => {
      const index = parameterIndex(value);
      return index === undefined ? value : parameters[index];
    });
    const { rows } = await reader.executeQuery<Row>({ ...compiled, parameters: values });
    return rows;
  };
}

/** Marks a placeholder. It cannot be a real value, because PostgreSQL `text` cannot contain NUL. */
const PLACEHOLDER_PREFIX = "\0parameter ";

function placeholder(index: number): string {
  return PLACEHOLDER_PREFIX + index;
}

function parameterIndex(value: unknown): number | undefined {
  if (typeof value !== "string" || !value.startsWith(PLACEHOLDER_PREFIX)) return undefined;
  return Number(value.slice(PLACEHOLDER_PREFIX.length));
}
