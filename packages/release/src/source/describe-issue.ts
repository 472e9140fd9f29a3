import type { Problem } from "@honua/contracts";
import { didYouMean } from "@honua/text";
import type { z } from "zod";
import { type JsonPath, valueAt } from "./json-pointer.ts";
import { ownerAt } from "./schema-walk.ts";
import { problemAt, problemAtKey, problemInside, type SourceDocument } from "./source-document.ts";
import type { RuleAdvice } from "./source-shape.ts";

type Issue = z.core.$ZodIssue;

/**
 * Describes one issue of a schema: what is wrong, where, and what to do. A message never repeats a
 * value, because it may be a secret. The only exceptions are keys with a fixed list of values.
 */
export function describeIssue(
  schema: z.ZodType,
  document: SourceDocument,
  issue: Issue,
): Problem[] {
  const path = issue.path as JsonPath;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => describeUnknownKey(schema, document, [...path, key]));
  }
  if (issue.code === "invalid_union") {
    return likeliestIssues(issue, path).flatMap((inner) => describeIssue(schema, document, inner));
  }
  const value = valueAt(document.value, path);
  if (value === undefined) return [describeMissingKey(schema, document, path)];
  if (issue.code === "invalid_key") {
    const message = sentence(
      `"${String(path.at(-1))}" in "${String(path.at(-2))}" ${issue.issues[0]?.message}`,
    );
    return [problemAtKey(document, path, { code: "invalid-value", message })];
  }

  const subject = subjectOf(schema, document, path);
  const { code, predicate, typo, suggestion = typo, offset } = describeValue(issue, value);
  const message = withSuggestion(sentence(`${subject} ${predicate}`), typo);
  const finding = { code, message, ...(suggestion && { suggestion }) };
  return offset === undefined
    ? [problemAt(document, path, finding)]
    : [problemInside(document, path, finding, offset)];
}

function describeUnknownKey(schema: z.ZodType, document: SourceDocument, path: JsonPath): Problem {
  const key = String(path.at(-1));
  const owner = ownerAt(schema, document.value, path.slice(0, -1));
  if (owner.unsupported.includes(key)) {
    return problemAtKey(document, path, {
      code: "unsupported-key",
      message: `"${key}" in ${owner.name} is not supported. Remove it.`,
      suggestion: "Remove it.",
    });
  }
  const suggestion = didYouMean(key, owner.keys);
  return problemAtKey(document, path, {
    code: "unknown-key",
    message: withSuggestion(`Unknown key "${key}" in ${owner.name}.`, suggestion),
    suggestion: suggestion ?? `Known keys: ${owner.keys.join(", ")}.`,
  });
}

function describeMissingKey(schema: z.ZodType, document: SourceDocument, path: JsonPath): Problem {
  const owner = ownerAt(schema, document.value, path.slice(0, -1));
  return problemAt(document, path, {
    code: "missing-key",
    message: sentence(`${owner.name} has no "${String(path.at(-1))}", which is required`),
  });
}

/** `"srid" of layer "cities"`, `item 2 of "keywords" of layer "cities"`. */
function subjectOf(schema: z.ZodType, document: SourceDocument, path: JsonPath): string {
  if (path.length === 0) return "the file";
  const last = path.at(-1);
  const keyAt = path.findLastIndex((segment) => typeof segment === "string");
  const owner = ownerAt(schema, document.value, path.slice(0, keyAt)).name;
  const key = `"${path[keyAt]}" of ${owner}`;
  return typeof last === "number" ? `item ${last + 1} of ${key}` : key;
}

interface Description {
  readonly code: string;
  readonly predicate: string;
  /** Asks whether a similar word is meant; ends the message. */
  readonly typo?: string | undefined;
  readonly suggestion?: string | undefined;
  readonly offset?: number | undefined;
}

function describeValue(issue: Issue, value: unknown): Description {
  switch (issue.code) {
    case "invalid_type": {
      const predicate = `must be ${typeName(issue.expected)}, not ${typeNameOf(value)}`;
      return { code: "wrong-type", predicate };
    }
    case "invalid_value":
      return describeChoice(issue.values.map(String), value);
    case "too_small": {
      const bound = issue.inclusive === false ? "above" : "at least";
      const items = issue.origin === "array" ? "have at least one item" : undefined;
      const predicate = `must ${items ?? `be ${bound} ${issue.minimum}`}`;
      return { code: "invalid-value", predicate };
    }
    case "too_big":
      return { code: "invalid-value", predicate: `must be at most ${issue.maximum}` };
    case "custom": {
      const {
        code = "invalid-value",
        typo,
        suggestion,
        offset,
      } = (issue.params ?? {}) as RuleAdvice;
      return { code, predicate: issue.message, typo, suggestion, offset };
    }
    default:
      return { code: "invalid-value", predicate: "is not valid" };
  }
}

function describeChoice(choices: readonly string[], value: unknown): Description {
  const list = choices.map((choice) => `"${choice}"`).join(", ");
  const must = `must be ${choices.length === 1 ? list : `one of ${list}`}`;
  if (typeof value !== "string") {
    return { code: "wrong-type", predicate: `${must}, not ${typeNameOf(value)}` };
  }
  const predicate = `${must}; it is "${value}"`;
  return { code: "invalid-value", predicate, typo: didYouMean(value, choices) };
}

/** The issues of the alternative of a union whose type the value has. */
function likeliestIssues(
  issue: Extract<Issue, { code: "invalid_union" }>,
  path: JsonPath,
): Issue[] {
  const branches = issue.errors.toSorted((a, b) => countTypeErrors(a) - countTypeErrors(b));
  const [best = []] = branches;
  if (countTypeErrors(best) === 0) return best.map((inner) => withPathPrefix(path, inner));
  const expected = branches.flatMap((branch) =>
    branch.flatMap((inner) => (inner.code === "invalid_type" ? [inner.expected] : [])),
  );
  const first = best[0];
  if (first?.code !== "invalid_type") return best.map((inner) => withPathPrefix(path, inner));
  const either = [...new Set(expected)].map(typeName).join(" or ");
  return [{ ...first, path: [...path], expected: either as typeof first.expected }];
}

function countTypeErrors(branch: readonly Issue[]): number {
  return branch.filter((inner) => inner.path.length === 0 && inner.code === "invalid_type").length;
}

function withPathPrefix(path: JsonPath, issue: Issue): Issue {
  return { ...issue, path: [...path, ...issue.path] };
}

/** A message as a sentence: a capital letter at its start and a full stop at its end. */
function sentence(message: string): string {
  const capitalized = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.?!]$/.test(capitalized) ? capitalized : `${capitalized}.`;
}

function withSuggestion(message: string, suggestion: string | undefined): string {
  return suggestion === undefined ? message : `${message} ${suggestion}`;
}

const TYPE_NAMES: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function typeNameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" && !Number.isInteger(value)) return "a number with a fraction";
  return TYPE_NAMES[typeof value] ?? `a ${typeof value}`;
}
