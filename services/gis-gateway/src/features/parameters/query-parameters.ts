import { closestWord } from "@honua/text";
import { formPairs } from "../../http/form-text.ts";
import { parameterProblem } from "./parameter-problem.ts";

/** The parameters of a request. Each is known and occurs once. */
export type QueryParameters = ReadonlyMap<string, string>;

/**
 * Parses the query of a URL, without its `?`.
 *
 * @throws HttpProblem 400 for an unknown parameter (Part 1, 7.3) and for a repeated one
 */
export function queryParameters(query: string, known: ReadonlySet<string>): QueryParameters {
  const parameters = new Map<string, string>();
  if (query === "") return parameters;
  for (const [name, value] of formPairs(query)) {
    if (!known.has(name)) {
      const close = closestWord(name, known);
      const advice = close === undefined ? "" : `; did you mean '${close}'?`;
      throw parameterProblem(`'${name}'`, `unknown parameter${advice}`);
    }
    if (parameters.has(name)) throw parameterProblem(name, "the parameter must occur only once");
    parameters.set(name, value);
  }
  return parameters;
}

const FORMATS: ReadonlySet<string> = new Set(["json", "geojson", "html"]);

/** @throws HttpProblem 400 for an unsupported representation */
export function checkFormat(parameters: QueryParameters): void {
  const format = parameters.get("f");
  if (format !== undefined && !FORMATS.has(format)) {
    throw parameterProblem("f", "expected 'json' or 'html'");
  }
}
