import type { RiskLevel } from "@honua/contracts";
import { sameJson } from "./same-json.ts";

/** One changed field of a service, a layer, a datasource or the settings. */
export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly risk: RiskLevel;
  readonly breaking: boolean;
  readonly reason: string;
}

/** The risk of changing a field, regardless of its values. */
export interface FieldRule {
  readonly risk: RiskLevel;
  readonly breaking: boolean;
  /** Formats the values for the reason. Without it, the reason has no values. */
  readonly show?: (value: unknown) => string;
}

/** For descriptive texts. */
export const cosmetic: FieldRule = { risk: "Low", breaking: false };
/** For fields that change how a service behaves, but not what it offers. */
export const behavioural: FieldRule = { risk: "Medium", breaking: false };
/** For the source of the data. */
export const connecting: FieldRule = { risk: "High", breaking: false };
/** For fields that clients depend on. */
export const structural: FieldRule = { risk: "High", breaking: true, show: String };

/**
 * The rules of a type of entry. They are created once, because plans compare thousands of entries.
 */
export type FieldRules<Value> = readonly (readonly [keyof Value & string, FieldRule])[];

/** The changed fields that have a rule, in the order of the rules. */
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
 * A change of a limit of features per page. Raising the limit is harmless; lowering it is not.
 *
 * @param was the configured value before; `wasInForce` is the effective value before
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
