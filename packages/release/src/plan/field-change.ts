import type { RiskLevel } from "@honua/contracts";
import { sameJson } from "./same-json.ts";

/** One field of a service, layer, datasource or of the settings that differs. */
export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly risk: RiskLevel;
  readonly breaking: boolean;
  readonly reason: string;
}

/** How risky a change of a field is, whatever its values. */
export interface FieldRule {
  readonly risk: RiskLevel;
  readonly breaking: boolean;
  /** Shows the values in the reason. */
  readonly show?: (value: unknown) => string;
}

/** For words that only people read. */
export const cosmetic: FieldRule = { risk: "Low", breaking: false };
/** For what changes how a service behaves, not what it offers. */
export const behavioural: FieldRule = { risk: "Medium", breaking: false };
/** For where data comes from. */
export const connecting: FieldRule = { risk: "High", breaking: false };
/** For what clients build upon. */
export const structural: FieldRule = { risk: "High", breaking: true, show: String };

/** The rules of a kind of entry, made once because plans compare many thousands of entries. */
export type FieldRules<Value> = readonly (readonly [keyof Value & string, FieldRule])[];

/** The fields that have a rule and differ, in the order of the rules. */
export function changedFields<Value extends object>(
  before: Value,
  after: Value,
  rules: FieldRules<Value>,
): FieldChange[] {
  return rules.flatMap(([field, rule]) => {
    const [was, is] = [before[field], after[field]];
    if (sameJson(was, is)) return [];
    const { risk, breaking } = rule;
    return {
      field,
      before: was,
      after: is,
      risk,
      breaking,
      reason: reasonFor(field, was, is, rule),
    };
  });
}

/**
 * A change of a limit of features a page. Raising it takes nothing from anybody; lowering it does.
 *
 * @param was the value written before, and `wasInForce` the one that held then
 */
export function changedLimit(
  field: "defaultLimit" | "maxLimit",
  [was, is]: readonly [number | undefined, number | undefined],
  [wasInForce, isInForce]: readonly [number, number],
): FieldChange[] {
  if (was === is) return [];
  const lowered = isInForce < wasInForce;
  const verb = lowered ? "lowered" : isInForce > wasInForce ? "raised" : "rewritten";
  const reason = `${field} ${verb} from ${wasInForce} to ${isInForce}`;
  const risk = lowered ? "Medium" : "Low";
  return [{ field, before: was, after: is, risk, breaking: false, reason }];
}

function reasonFor(field: string, was: unknown, is: unknown, { show }: FieldRule): string {
  if (was === undefined) return show ? `${field} set to ${show(is)}` : `${field} added`;
  if (is === undefined) return `${field} removed`;
  return show ? `${field} changed from ${show(was)} to ${show(is)}` : `${field} changed`;
}
