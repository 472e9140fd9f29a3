import { closestWord } from "@honua/text";
import { formPairs } from "../../http/form-text.ts";
import { parameterProblem } from "./parameter-problem.ts";

/** The parameters of a request, each at most once and every one known. */
export type QueryParameters = ReadonlyMap<string, string>;

/**
 * Reads the query of a URL, without its `?`.
 *
 * @throws HttpProblem 400 for an unknown parameter (Part 1, 7.3) and for one that is given twice
 */
export function queryParameters(query: string, known: ReadonlySet<string>): QueryParameters {
  const parameters = new Map<string, string>();
  if (query === "") return parameters;
  for (const [name, value] of formPairs(query)) {
    if (!known.has(name)) {
      const close = closestWord(name, known);
      const advice = close === undefined ? "" : `; did you mean '${close}'?`;
      throw parameterProblem(`'${name}'`, `this resource has no such parameter${advice}`);
    }
    if (parameters.has(name)) throw parameterProblem(name, "give it once");
    parameters.set(name, value);
  }
  return parameters;
}

const FORMATS: ReadonlySet<string> = new Set(["json", "geojson", "html"]);

/** @throws HttpProblem 400 for a representation that is not offered */
export function checkFormat(parameters: QueryParameters): void {
  const format = parameters.get("f");
  if (format !== undefined && !FORMATS.has(format)) {
    throw parameterProblem("f", "'json' or 'html' is offered");
  }
}
