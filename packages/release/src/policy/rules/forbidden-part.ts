import type { ASTNode } from "@marcbachmann/cel-js";

/** A part of a condition that is valid CEL and yet refused, and where it starts. */
export interface RefusedPart {
  readonly message: string;
  readonly offset: number;
}

const LOOPS = new Set(["all", "exists", "exists_one", "filter", "map"]);
/** Loops that may stand inside of each other; what is looped over is counted while it is read. */
const MAX_LOOPS = 2;

/**
 * What conditions may call. Left out is what has no bound on its cost or result: `matches` (regular
 * expressions that backtrack), `cel.bind` and `split` (texts and lists that grow by doubling).
 */
const CALLS = new Set([
  ...LOOPS,
  ...["has", "size", "type", "dyn", "bool", "int", "uint", "double", "string"],
  ...["timestamp", "duration", "startsWith", "endsWith", "contains", "indexOf", "lastIndexOf"],
  ...["substring", "lowerAscii", "upperAscii", "trim"],
  ...["getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"],
  ...["getHours", "getMinutes", "getSeconds", "getMilliseconds"],
]);

/** The first part of a condition that is refused, for the sake of its cost. */
export function refusedPart(node: ASTNode, loops = 0): RefusedPart | undefined {
  if (node.op === "call" || node.op === "rcall") return refusedCall(node, loops);
  return firstRefused(operandsOf(node.args), loops);
}

function refusedCall(
  node: Extract<ASTNode, { op: "call" | "rcall" }>,
  loops: number,
): RefusedPart | undefined {
  const [name, ...operands] = node.args;
  const offset = node.op === "rcall" ? node.args[1].end + 1 : node.start;
  if (!CALLS.has(name)) {
    return { message: `calls ${name}(), which is not available in rules`, offset };
  }
  const isLoop = node.op === "rcall" && LOOPS.has(name);
  if (isLoop && loops === MAX_LOOPS) {
    return { message: `has more than ${MAX_LOOPS} loops inside of each other`, offset };
  }
  if (!isLoop) return firstRefused(operandsOf(operands), loops);
  const [receiver, body] = operands;
  return firstRefused(operandsOf(receiver), loops) ?? firstRefused(operandsOf(body), loops + 1);
}

function firstRefused(nodes: readonly ASTNode[], loops: number): RefusedPart | undefined {
  for (const node of nodes) {
    const refused = refusedPart(node, loops);
    if (refused) return refused;
  }
  return undefined;
}

/** The nodes among the operands of a node, which are nodes, lists of them, names and literals. */
function operandsOf(operands: unknown): ASTNode[] {
  if (Array.isArray(operands)) return operands.flatMap(operandsOf);
  const isNode = typeof operands === "object" && operands !== null && "op" in operands;
  return isNode ? [operands as ASTNode] : [];
}
