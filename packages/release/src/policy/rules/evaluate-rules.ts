import type { PolicyRule } from "@honua/contracts";
import { createMeter } from "./metered-value.ts";
import { readCondition } from "./rule-language.ts";
import { type RuleFacts, ruleVariables } from "./rule-variables.ts";

/**
 * Values that one condition may read: a loop over 10 000 changes that looks at a dozen fields of
 * each, or two loops over 300 changes inside of each other.
 */
export const RULE_BUDGET = 200_000;

/** A rule whose condition holds, or could not be evaluated. */
export interface RuleMatch {
  readonly rule: PolicyRule;
  /** Why there is no answer; such a rule counts as one whose condition holds. */
  readonly failure?: string;
}

/**
 * The rules that speak about a plan. One that cannot be evaluated speaks too, and says why: a policy
 * must not become weaker through a mistake in it.
 */
export function evaluateRules(rules: readonly PolicyRule[], facts: RuleFacts): RuleMatch[] {
  return rules.flatMap((rule) => {
    const answer = evaluateRule(rule, facts);
    if (answer === false) return [];
    return [answer === true ? { rule } : { rule, failure: answer.failure }];
  });
}

function evaluateRule(
  { condition: source }: PolicyRule,
  facts: RuleFacts,
): boolean | { failure: string } {
  const condition = readCondition(source);
  if (!condition.ok) return { failure: `the condition ${condition.message}` };
  const meter = createMeter(RULE_BUDGET);
  const failure = (words: string) => ({ failure: words });
  const tooMuch = failure(`it read more than ${RULE_BUDGET} values`);
  try {
    const value = condition.evaluate(ruleVariables(facts, meter));
    // An operator such as || may have gone on without the value that was refused.
    if (meter.isExceeded()) return tooMuch;
    return typeof value === "boolean" ? value : failure("it gave neither true nor false");
  } catch (error) {
    if (meter.isExceeded()) return tooMuch;
    return failure((error as { summary?: string }).summary ?? (error as Error).message);
  }
}
