import { Document, type Scalar, visit } from "yaml";
import {
  escapeUntrustedValue,
  isSafeText,
  safeJson,
  unicodeEscape,
  wellFormedValue,
} from "./untrusted-text.ts";

export const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Prints one or more lines to standard output. */
export type Print = (text: string) => void;

/**
 * Formats a value as text for a terminal of this width, which is Infinity if the output is not a
 * terminal. The strings of the value are already escaped.
 */
export type TextFormatter<Value> = (value: Value, width: number) => string;

/**
 * Renders the result of a command. This is the boundary for untrusted text: `formatText` receives a
 * copy of the value in which no string contains control characters, while JSON and YAML keep the
 * original strings and escape them by their own syntax.
 */
export function renderValue<Value>(
  value: Value,
  format: OutputFormat,
  formatText: TextFormatter<Value>,
  width = Number.POSITIVE_INFINITY,
): string {
  if (format === "json") return safeJson(value, 2);
  if (format === "yaml") return safeYaml(value);
  return formatText(escapeUntrustedValue(value), width);
}

/** Serializes a value as YAML, with unsafe characters escaped in double-quoted strings. */
export function safeYaml(value: unknown): string {
  const document = new Document(wellFormedValue(value), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node: Scalar) {
      if (typeof node.value !== "string") return;
      if (!isSafeText(node.value.replaceAll(/[\n\t]/g, ""))) node.type = "QUOTE_DOUBLE";
    },
  });
  const unsafe = /[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
  return document.toString().replace(unsafe, unicodeEscape).trimEnd();
}
