import type { TemporalExpression, TemporalPredicate } from "../ast.ts";
import type { ComparisonOperator, TemporalOperator } from "../operators.ts";
import type { Compiler } from "./compiler.ts";
import { compareInstants, type Instant, readBoundOperand, readInstantOperand } from "./instant.ts";

type Side = "start1" | "end1" | "start2" | "end2";
type Condition = readonly [Side, ComparisonOperator, Side];

interface Relation {
  readonly join: " AND " | " OR ";
  readonly conditions: readonly Condition[];
  /** The comparison of two instants. Absent if the standard requires intervals. */
  readonly instants?: ComparisonOperator;
}

const all = (...conditions: Condition[]): Relation => ({ join: " AND ", conditions });

/** OGC 21-065r2, 7.6.2, Tables 6 and 7, after the W3C/OGC Time Ontology; intervals are closed. */
const RELATIONS: Readonly<Record<TemporalOperator, Relation>> = {
  t_after: { ...all(["start1", ">", "end2"]), instants: ">" },
  t_before: { ...all(["end1", "<", "start2"]), instants: "<" },
  t_disjoint: {
    join: " OR ",
    conditions: [
      ["end1", "<", "start2"],
      ["start1", ">", "end2"],
    ],
    instants: "<>",
  },
  t_equals: { ...all(["start1", "=", "start2"], ["end1", "=", "end2"]), instants: "=" },
  t_intersects: { ...all(["start1", "<=", "end2"], ["end1", ">=", "start2"]), instants: "=" },
  t_contains: all(["start1", "<", "start2"], ["end1", ">", "end2"]),
  t_during: all(["start1", ">", "start2"], ["end1", "<", "end2"]),
  t_finishedBy: all(["start1", "<", "start2"], ["end1", "=", "end2"]),
  t_finishes: all(["start1", ">", "start2"], ["end1", "=", "end2"]),
  t_meets: all(["end1", "=", "start2"]),
  t_metBy: all(["start1", "=", "end2"]),
  t_overlappedBy: all(["start1", ">", "start2"], ["start1", "<", "end2"], ["end1", ">", "end2"]),
  t_overlaps: all(["start1", "<", "start2"], ["end1", ">", "start2"], ["end1", "<", "end2"]),
  t_startedBy: all(["start1", "=", "start2"], ["end1", ">", "end2"]),
  t_starts: all(["start1", "=", "start2"], ["end1", "<", "end2"]),
};

interface Period {
  readonly start: Instant;
  readonly end: Instant;
  readonly isInstant: boolean;
}

/** `temporalPredicate` (OGC 21-065r2, 7.6). */
export function compileTemporal(compiler: Compiler, node: TemporalPredicate, at: string): string {
  const relation = RELATIONS[node.op];
  const left = readPeriod(compiler, node.left, `${at}/args/0`);
  const right = readPeriod(compiler, node.right, `${at}/args/1`);
  if (relation.instants === undefined && (left.isInstant || right.isInstant)) {
    const place = `${at}/args/${left.isInstant ? 0 : 1}`;
    const message = `${node.op.toUpperCase()} takes two intervals, not an instant. T_INTERSECTS takes both.`;
    return compiler.fail("type-mismatch", message, place);
  }
  if (relation.instants !== undefined && left.isInstant && right.isInstant) {
    return compareInstants(compiler, relation.instants, left.start, right.start);
  }
  const sides = { start1: left.start, end1: left.end, start2: right.start, end2: right.end };
  const conditions = relation.conditions.map(([one, op, other]) =>
    compareInstants(compiler, op, sides[one], sides[other]),
  );
  return conditions.length === 1 ? `${conditions[0]}` : `(${conditions.join(relation.join)})`;
}

function readPeriod(compiler: Compiler, node: TemporalExpression, at: string): Period {
  if (node.kind === "interval") {
    return {
      start: readBoundOperand(compiler, node.start, `${at}/interval/0`, -1),
      end: readBoundOperand(compiler, node.end, `${at}/interval/1`, 1),
      isInstant: false,
    };
  }
  const instant = readInstantOperand(compiler, node, at);
  return { start: instant, end: instant, isInstant: true };
}
