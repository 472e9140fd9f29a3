import type { BoundProperty } from "../../layer/bound-property.ts";
import { type FilterableType, isFilterableType } from "../../layer/filterable-type.ts";
import { parameterProblem } from "./parameter-problem.ts";

const INTEGER = /^[+-]?\d{1,19}$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Checks for the values of each type, and their descriptions for problems. */
const EXPECTED: Readonly<
  Record<FilterableType, { matches: (text: string) => boolean; description: string }>
> = {
  integer: { matches: (text) => INTEGER.test(text), description: "an integer" },
  number: { matches: (text) => NUMBER.test(text), description: "a number" },
  boolean: { matches: (text) => text === "true" || text === "false", description: "true or false" },
  uuid: { matches: (text) => UUID.test(text), description: "a UUID" },
  date: { matches: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text), description: "a date (YYYY-MM-DD)" },
  datetime: {
    matches: (text) => /^\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|[+-]\d{2}:\d{2})$/.test(text),
    description: "an RFC 3339 instant",
  },
  time: {
    matches: (text) => /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text),
    description: "a time (hh:mm:ss)",
  },
  string: {
    matches: (text) => !text.includes("\u0000"),
    description: "text without null characters",
  },
};

/** @throws HttpProblem 400 if the value does not have the type of the property */
export function checkPropertyValue({ property }: BoundProperty, value: string): void {
  const expected = isFilterableType(property.type) ? EXPECTED[property.type] : undefined;
  if (!expected?.matches(value)) {
    throw parameterProblem(property.name, `expected ${expected?.description ?? "another type"}`);
  }
}
