import type { Problem } from "@honua/contracts";
import type { z } from "zod";
import { describeIssue } from "./describe-issue.ts";
import type { SourceDocument } from "./source-document.ts";

/** A document parsed by its schema: the typed value, or why there is none. */
export type ParsedSource<Value> =
  | { readonly value: Value; readonly problems: readonly [] }
  | { readonly value?: never; readonly problems: readonly Problem[] };

/** Parses a document by a schema and puts each issue into words, with its place. */
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
