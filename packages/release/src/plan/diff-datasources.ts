import type { Datasource, PlanChange, Release } from "@honua/contracts";
import { configurationPaths } from "../compile/configuration-files.ts";
import { maskPasswords } from "../connection-string.ts";
import {
  behavioural,
  changedFields,
  connecting,
  cosmetic,
  type FieldRules,
} from "./field-change.ts";
import { added, modified, removed, withoutPointer } from "./plan-change.ts";

const DATASOURCE_RULES: FieldRules<Datasource> = [
  ["type", connecting],
  ["connectionString", connecting],
  ["readOnly", { ...connecting, show: String }],
  ["pool", behavioural],
  ["statementTimeoutSeconds", behavioural],
  ["description", cosmetic],
];

/** Datasources added, modified and removed. Their order does not matter. */
export function diffDatasources(before: Release, after: Release): PlanChange[] {
  const was = new Map(before.datasources.map((datasource) => [datasource.id, datasource]));
  const is = new Map(after.datasources.map((datasource) => [datasource.id, datasource]));
  const file = configurationPaths(after.environment).datasources;
  const subject = ({ id, pointer }: Datasource) =>
    ({ type: "datasource", id, path: pointer, file }) as const;

  return [
    ...after.datasources.flatMap((datasource) => {
      const then = was.get(datasource.id);
      if (then === undefined) return [added(subject(datasource), shown(datasource))];
      return modified(subject(datasource), diffDatasource(then, datasource));
    }),
    ...before.datasources
      .filter(({ id }) => !is.has(id))
      .map((datasource) => removed(subject(datasource), shown(datasource))),
  ];
}

function diffDatasource(before: Datasource, after: Datasource) {
  return changedFields(before, after, DATASOURCE_RULES).map((change) =>
    change.field === "connectionString"
      ? { ...change, before: masked(change.before), after: masked(change.after) }
      : change,
  );
}

function masked(connectionString: unknown): string {
  return maskPasswords(String(connectionString));
}

function shown(datasource: Datasource): unknown {
  return {
    ...withoutPointer(datasource),
    connectionString: maskPasswords(datasource.connectionString),
  };
}
