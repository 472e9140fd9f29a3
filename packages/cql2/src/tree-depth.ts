import type { Expression, Unbounded } from "./ast.ts";

/** The number of levels of a syntax tree. A leaf has one level. */
export function treeDepth(node: Expression | Unbounded): number {
  let deepest = 0;
  for (const child of childrenOf(node)) deepest = Math.max(deepest, treeDepth(child));
  return deepest + 1;
}

function childrenOf(node: Expression | Unbounded): readonly (Expression | Unbounded)[] {
  switch (node.kind) {
    case "and":
    case "or":
    case "function":
      return node.args;
    case "not":
      return [node.arg];
    case "comparison":
    case "spatial":
    case "temporal":
    case "arrayPredicate":
    case "arithmetic":
      return [node.left, node.right];
    case "like":
      return [node.value, node.pattern];
    case "between":
      return [node.value, node.lower, node.upper];
    case "in":
      return [node.value, ...node.list];
    case "isNull":
    case "casei":
    case "accenti":
      return [node.value];
    case "interval":
      return [node.start, node.end];
    case "array":
      return node.items;
    default:
      return [];
  }
}
