import type { Property } from "@honua/contracts";
import {
  behavioural,
  changedFields,
  cosmetic,
  type FieldChange,
  type FieldRules,
} from "./field-change.ts";
import { sameJson } from "./same-json.ts";

const PROPERTY_RULES: FieldRules<Property> = [
  ["title", cosmetic],
  ["description", cosmetic],
  ["unit", cosmetic],
  ["enum", behavioural],
];

/** The changed properties of a layer. A property is identified by its name. */
export function diffProperties(
  before: readonly Property[],
  after: readonly Property[],
): FieldChange[] {
  if (sameJson(before, after)) return [];
  const was = new Map(before.map((property) => [property.name, property]));
  const is = new Map(after.map((property) => [property.name, property]));
  const changes: FieldChange[] = [];
  for (const [name, property] of was) {
    const now = is.get(name);
    if (now === undefined) {
      changes.push(change(property, undefined, "High", true, `property "${name}" removed`));
    } else changes.push(...diffProperty(property, now));
  }
  for (const [name, property] of is) {
    if (was.has(name)) continue;
    changes.push(change(undefined, property, "Medium", false, `property "${name}" added`));
  }
  const kept = (names: Iterable<string>) =>
    [...names].filter((name) => was.has(name) && is.has(name));
  const [oldOrder, newOrder] = [kept(was.keys()), kept(is.keys())];
  if (oldOrder.some((name, index) => name !== newOrder[index])) {
    changes.push(change(undefined, undefined, "Low", false, "order of properties"));
  }
  return changes;
}

function diffProperty(was: Property, is: Property): FieldChange[] {
  const prefix = `property "${is.name}":`;
  const changes: FieldChange[] = [];
  if (was.type !== is.type) {
    const reason = `${prefix} type changed from ${was.type} to ${is.type}`;
    changes.push(change(was, is, "High", true, reason));
  }
  if (was.nullable && !is.nullable) {
    changes.push(change(was, is, "High", true, `${prefix} nullable became required`));
  }
  if (!was.nullable && is.nullable) {
    changes.push(change(was, is, "Medium", false, `${prefix} required became nullable`));
  }
  const others = changedFields(was, is, PROPERTY_RULES);
  for (const other of others) {
    changes.push(change(was, is, other.risk, other.breaking, `${prefix} ${other.reason}`));
  }
  return changes;
}

function change(
  before: Property | undefined,
  after: Property | undefined,
  risk: FieldChange["risk"],
  breaking: boolean,
  reason: string,
): FieldChange {
  return { field: "properties", before, after, risk, breaking, reason };
}
