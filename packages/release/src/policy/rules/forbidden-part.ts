import type { ASTNode } from "@marcbachmann/cel-js";

/** A part of a condition that is valid CEL but not allowed in rules, with its offset. */
export interface ForbiddenPart {
  readonly message: string;
  readonly offset: number;
}

const LOOPS = new Set(["all", "exists", "exists_one", "filter", "map"]);
/** Maximum depth of nested loops. The values that a loop reads are metered in addition. */
const MAX_LOOPS = 2;

/**
 * The functions that conditions may call. Functions without a bound on their cost or result are not
 * allowed: `matches` (regular expressions can backtrack), and `cel.bind` and `split` (strings and lists
 * can grow by doubling).
 */
const ALLOWED_FUNCTIONS = new Set([
  ...LOOPS,
  ...["has", "size", "type", "dyn", "bool", "int", "uint", "double", "string"],
  ...["timestamp", "duration", "startsWith", "endsWith", "contains", "indexOf", "lastIndexOf"],
  ...["substring", "lowerAscii", "upperAscii", "trim"],
  ...["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"],
  ...["getHours", "getMinutes", "getSeconds", "getMilliseconds"],
]);

/** The first part of a condition that is not allowed because of its cost. */
export function forbiddenPart(node: ASTNode, loops = 0): ForbiddenPart | undefined {
  if (node.op === "call" || node.op === "rcall") return forbiddenCall(node, loops);
  return firstForbidden(operandsOf(node.args), loops);
}

function forbiddenCall(
  node: Extract<ASTNode, { op: "call" | "rcall" }>,
  loops: number,
): ForbiddenPart | undefined {
  const [name, ...operands] = node.args;
  const offset = node.op === "rcall" ? node.args[1].end + 1 : node.start;
  if (!ALLOWED_FUNCTIONS.has(name)) {
    return { message: `calls ${name}(), which is not available in rules`, offset };
  }
  const isLoop = node.op === "rcall" && LOOPS.has(name);
  if (isLoop && loops === MAX_LOOPS) {
    return { message: `has more than ${MAX_LOOPS} nested loops`, offset };
  }
  if (!isLoop) return firstForbidden(operandsOf(operands), loops);
  const [receiver, body] = operands;
  return firstForbidden(operandsOf(receiver), loops) ?? firstForbidden(operandsOf(body), loops + 1);
}

function firstForbidden(nodes: readonly ASTNode[], loops: number): ForbiddenPart | undefined {
  for (const node of nodes) {
    const refused = forbiddenPart(node, loops);
    if (refused) return refused;
  }
  return undefined;
}

/**
 * The nodes among the operands of a node. Operands are nodes, lists of nodes, names and literals.
 */
function operandsOf(operands: unknown): ASTNode[] {
  if (Array.isArray(operands)) return operands.flatMap(operandsOf);
  const isNode = typeof operands === "object" && operands !== null && "op" in operands;
  return isNode ? [operands as ASTNode] : [];
}
