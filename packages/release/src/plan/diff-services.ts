import type { PlanChange, Release, ReleaseService } from "@honua/contracts";
import { configurationPaths } from "../compile/configuration-files.ts";
import {
  behavioural,
  changedFields,
  cosmetic,
  type FieldChange,
  type FieldRules,
} from "./field-change.ts";
import { added, modified, removed, withoutPointer } from "./plan-change.ts";

/** The id of a change to the order of all services. No service can have this id. */
const ALL_SERVICES = "*";

const SERVICE_RULES: FieldRules<ReleaseService> = [
  ["title", cosmetic],
  ["description", cosmetic],
  ["keywords", cosmetic],
  ["contact", cosmetic],
  ["license", cosmetic],
];

/** Services added, modified and removed, and changes to the order of services and layers. */
export function diffServices(before: Release, after: Release): PlanChange[] {
  const was = new Map(before.services.map((service) => [service.id, service]));
  const is = new Map(after.services.map((service) => [service.id, service]));
  const file = configurationPaths(after.environment).metadata;
  const subject = ({ id, pointer }: Pick<ReleaseService, "id" | "pointer">) =>
    ({ type: "service", id, path: pointer, file }) as const;
  const order = diffOrder("services", [...was.keys()], [...is.keys()]);

  return [
    ...[...is.values()].flatMap((service) => {
      const then = was.get(service.id);
      if (then === undefined) return [added(subject(service), shown(service))];
      return modified(subject(service), diffService(then, service));
    }),
    ...modified(subject({ id: ALL_SERVICES, pointer: "/services" }), order),
    ...before.services
      .filter(({ id }) => !is.has(id))
      .map((service) => removed(subject(service), shown(service))),
  ];
}

function diffService(before: ReleaseService, after: ReleaseService): FieldChange[] {
  return [
    ...changedFields(before, after, SERVICE_RULES),
    ...diffOrder("layers", idsOf(before), idsOf(after)),
  ];
}

/** One change if the ids on both sides are in a different order. */
function diffOrder(
  field: string,
  before: readonly string[],
  after: readonly string[],
): FieldChange[] {
  const [was, is] = [new Set(before), new Set(after)];
  const keptBefore = before.filter((id) => is.has(id));
  const keptAfter = after.filter((id) => was.has(id));
  if (keptBefore.every((id, index) => id === keptAfter[index])) return [];
  const { risk, breaking } = behavioural;
  return [
    { field, before: keptBefore, after: keptAfter, risk, breaking, reason: `order of ${field}` },
  ];
}

function idsOf({ layers }: ReleaseService): string[] {
  return layers.map(({ id }) => id);
}

function shown(service: ReleaseService): unknown {
  return { ...withoutPointer(service), layers: idsOf(service) };
}
