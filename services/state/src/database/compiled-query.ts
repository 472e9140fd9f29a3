import type { Compilable, CompiledQuery, QueryCreator } from "kysely";
import type { Reader } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * A statement that is put together once, and then given other parameters: to build the text of one
 * takes this process longer than sending it. Only for texts that are the same for all parameters.
 *
 * @param build of as many parameters as it names; all of them are texts
 */
export function compileOnce<Row, Parameters extends string[]>(
  build: (query: QueryCreator<Tables>, ...parameters: Parameters) => Compilable<Row>,
): (reader: Reader, ...parameters: Parameters) => Promise<Row[]> {
  let built: CompiledQuery<Row> | undefined;
  return async (reader, ...parameters) => {
    built ??= build(
      reader,
      ...(parameters.map((_, place) => placeholder(place)) as Parameters),
    ).compile();
    const values = built.parameters.map((value) => {
      const place = parameterIndex(value);
      return place === undefined ? value : parameters[place];
    });
    const { rows } = await reader.executeQuery<Row>({ ...built, parameters: values });
    return rows;
  };
}

/** Stands for a parameter; no text of the database holds a NUL. */
const PLACEHOLDER_PREFIX = "\0parameter ";

function placeholder(place: number): string {
  return PLACEHOLDER_PREFIX + place;
}

function parameterIndex(value: unknown): number | undefined {
  if (typeof value !== "string" || !value.startsWith(PLACEHOLDER_PREFIX)) return undefined;
  return Number(value.slice(PLACEHOLDER_PREFIX.length));
}
