import type { Layer, Settings } from "@honua/contracts";
import { formatTableName, type TableName } from "../source/table-name.ts";
import { diffProperties } from "./diff-properties.ts";
import {
  behavioural,
  changedFields,
  changedLimit,
  connecting,
  cosmetic,
  type FieldChange,
  type FieldRule,
  type FieldRules,
  structural,
} from "./field-change.ts";

/** A layer with its service and the settings of its release. */
export interface LayerInRelease {
  readonly layer: Layer;
  readonly service: string;
  readonly settings: Settings;
}

/** Keys that `diffLayer` compares itself, and keys that identify a layer. */
type KeyWithoutRule = "id" | "pointer" | "properties" | "crs" | "defaultLimit" | "maxLimit";

/** The compiler reports a key of a layer that has no rule, because its changes would not be planned. */
const RULE_OF_KEY = {
  title: cosmetic,
  description: cosmetic,
  keywords: cosmetic,
  datasource: { ...connecting, show: String },
  table: { ...structural, show: (table) => formatTableName(table as TableName) },
  geometryColumn: structural,
  geometryType: structural,
  srid: structural,
  idColumn: structural,
  datetimeColumn: { ...structural, show: showDatetimeColumn },
  filter: structural,
  orderBy: { ...behavioural, show: showOrder },
  caching: cosmetic,
  extent: cosmetic,
  minZoom: cosmetic,
  maxZoom: cosmetic,
} satisfies Record<Exclude<keyof Layer, KeyWithoutRule>, FieldRule>;

const LAYER_RULES = Object.entries(RULE_OF_KEY) as unknown as FieldRules<Layer>;

/** The changed fields of a layer that exists before and after. */
export function diffLayer(was: LayerInRelease, is: LayerInRelease): FieldChange[] {
  const [before, after] = [was.layer, is.layer];
  const properties = diffProperties(before.properties, after.properties);
  return [
    ...diffService(was.service, is.service),
    ...changedFields(before, after, LAYER_RULES),
    ...diffCrs(before.crs, after.crs),
    ...(["defaultLimit", "maxLimit"] as const).flatMap((field) =>
      changedLimit(
        field,
        [before[field], after[field]],
        [before[field] ?? was.settings[field], after[field] ?? is.settings[field]],
      ),
    ),
    // The change shows both lists as a whole; the reasons name the properties.
    ...properties.map((change) => ({
      ...change,
      before: before.properties,
      after: after.properties,
    })),
  ];
}

function diffService(before: string, after: string): FieldChange[] {
  if (before === after) return [];
  const reason = `moved from service "${before}" to "${after}"`;
  return [{ field: "service", before, after, risk: "Medium", breaking: false, reason }];
}

/** An additional CRS is harmless. Removing a CRS breaks the clients that request it. */
function diffCrs(before: Layer["crs"], after: Layer["crs"]): FieldChange[] {
  const lost = before?.filter((uri) => !after?.includes(uri)) ?? [];
  const changes = changedFields({ crs: before }, { crs: after }, [["crs", cosmetic]]);
  if (lost.length === 0) return changes;
  const { risk, breaking } = structural;
  const reason = `crs removed: ${lost.join(", ")}`;
  return changes.map((change) => ({ ...change, risk, breaking, reason }));
}

function showOrder(order: unknown): string {
  const terms = order as NonNullable<Layer["orderBy"]>;
  return terms.map(({ property, descending }) => `${descending ? "-" : ""}${property}`).join(",");
}

function showDatetimeColumn(column: unknown): string {
  if (typeof column === "string") return column;
  const { start, end } = column as { start: string; end: string };
  return `${start} to ${end}`;
}
