import type { Expression, IntervalBound } from "../ast.ts";
import { writeNumber } from "./exact-number.ts";

/**
 * Converts a filter, or a part of it, to a CQL2 JSON value. `parseJson` returns the same tree. A number
 * that a double would change is raw JSON, which `JSON.stringify` writes unchanged.
 */
export function toJson(node: Expression): unknown {
  switch (node.kind) {
    case "and":
    case "or":
      return { op: node.kind, args: node.args.map(toJson) };
    case "not":
      return { op: "not", args: [toJson(node.arg)] };
    case "comparison":
    case "spatial":
    case "temporal":
    case "arrayPredicate":
    case "arithmetic":
      return { op: node.op, args: [toJson(node.left), toJson(node.right)] };
    case "like":
      return { op: "like", args: [toJson(node.value), toJson(node.pattern)] };
    case "between":
      return { op: "between", args: [toJson(node.value), toJson(node.lower), toJson(node.upper)] };
    case "in":
      return { op: "in", args: [toJson(node.value), node.list.map(toJson)] };
    case "isNull":
    case "casei":
    case "accenti":
      return { op: node.kind, args: [toJson(node.value)] };
    case "function":
      return { op: node.name, args: node.args.map(toJson) };
    case "property":
      return { property: node.name };
    case "string":
    case "boolean":
      return node.value;
    case "number":
      return writeNumber(node.text);
    case "date":
      return { date: node.value };
    case "timestamp":
      return { timestamp: node.value };
    case "interval":
      return { interval: [writeBound(node.start), writeBound(node.end)] };
    case "geometry":
      return node.geometry;
    case "bbox":
      return { bbox: node.bounds };
    case "array":
      return node.items.map(toJson);
  }
}

function writeBound(bound: IntervalBound): unknown {
  if (bound.kind === "unbounded") return "..";
  return bound.kind === "date" || bound.kind === "timestamp" ? bound.value : toJson(bound);
}
