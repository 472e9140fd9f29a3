import type { BooleanExpression } from "../ast.ts";
import { DEFAULT_LIMITS, type Limits, tooDeep, tooLong } from "../limits.ts";
import { treeDepth } from "../tree-depth.ts";
import { positionAt } from "./position-at.ts";
import { readExpression } from "./read-logical.ts";
import { createReader } from "./reader.ts";

/**
 * Parses CQL2 text (OGC 21-065r2, 8.2 and Annex B). The whole text must be one filter.
 *
 * @throws Cql2Error with offset, line and column.
 */
export function parseText(text: string, limits: Limits = DEFAULT_LIMITS): BooleanExpression {
  if (text.length > limits.maxLength) throw tooLong(limits, positionAt(text, limits.maxLength));
  const reader = createReader(text, limits, readExpression);
  const start = reader.peek();
  const expression = reader.readExpression();
  if (reader.peek().type !== "end") reader.unexpected("AND, OR or the end of the filter");
  const filter = reader.requireRole("boolean", expression, start);
  if (treeDepth(filter) > limits.maxDepth) throw tooDeep(limits, positionAt(text, start.offset));
  return filter;
}
