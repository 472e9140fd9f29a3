import type { PolicyRule } from "@honua/contracts";
import { createMeter } from "./metered-value.ts";
import { readCondition } from "./rule-language.ts";
import { type RuleFacts, ruleVariables } from "./rule-variables.ts";

/**
 * Maximum number of values that one condition may read. This is enough for a loop over 10,000 changes that reads
 * a dozen fields of each, or for two nested loops over 300 changes.
 */
export const RULE_BUDGET = 200_000;

/** A rule whose condition is true or could not be evaluated. */
export interface RuleMatch {
  readonly rule: PolicyRule;
  /** Why the condition could not be evaluated. Such a rule counts as true. */
  readonly failure?: string;
}

/**
 * The rules that match a plan. A rule that cannot be evaluated matches as well, with the reason: a
 * mistake in a rule must not make a policy weaker.
 */
export function evaluateRules(rules: readonly PolicyRule[], facts: RuleFacts): RuleMatch[] {
  return rules.flatMap((rule) => {
    const result = evaluateRule(rule, facts);
    if (result === false) return [];
    return [result === true ? { rule } : { rule, failure: result.failure }];
  });
}

function evaluateRule(
  { condition: source }: PolicyRule,
  facts: RuleFacts,
): boolean | { failure: string } {
  const condition = readCondition(source);
  if (!condition.ok) return { failure: `the condition ${condition.message}` };
  const meter = createMeter(RULE_BUDGET);
  const failure = (reason: string) => ({ failure: reason });
  const tooMuch = failure(`it read more than ${RULE_BUDGET} values`);
  try {
    const value = condition.evaluate(ruleVariables(facts, meter));
    // An operator such as || may have continued after the error of an exceeded budget.
    if (meter.isExceeded()) return tooMuch;
    return typeof value === "boolean" ? value : failure("the result is not a boolean");
  } catch (error) {
    if (meter.isExceeded()) return tooMuch;
    return failure((error as { summary?: string }).summary ?? (error as Error).message);
  }
}
