import type { Problem } from "@honua/contracts";
import type { z } from "zod";
import { describeIssue } from "./describe-issue.ts";
import type { SourceDocument } from "./source-document.ts";

/** A document parsed with its schema: the typed value, or the problems. */
export type ParsedSource<Value> =
  | { readonly value: Value; readonly problems: readonly [] }
  | { readonly value?: never; readonly problems: readonly Problem[] };

/** Parses a document with a schema and describes each issue with its position. */
export function parseSource<Schema extends z.ZodType>(
  schema: Schema,
  document: SourceDocument,
): ParsedSource<z.infer<Schema>> {
  const parsed = schema.safeParse(document.value);
  if (parsed.success) return { value: parsed.data, problems: [] };
  return {
    problems: parsed.error.issues.flatMap((issue) => describeIssue(schema, document, issue)),
  };
}
