import { parser } from "@prometheus-io/lezer-promql";

/**
 * The metric names in a PromQL expression, according to Prometheus' own grammar.
 *
 * @throws SyntaxError if the expression is invalid
 */
export function metricsOf(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) throw new SyntaxError(`at ${node.from} of: ${expression}`);
      if (node.name !== "VectorSelector") return;
      const name = node.node.getChild("Identifier");
      if (name) names.push(expression.slice(name.from, name.to));
    },
  });
  return names;
}
