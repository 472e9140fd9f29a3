import { closestWord } from "@honua/text";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { BoundProperty } from "../layer/bound-property.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import type { OrderTerm } from "../layer/sort-order.ts";
import type { ReportIssue } from "./report-issue.ts";

/** Property types without an order. */
const UNORDERED_TYPES = new Set(["json", "array"]);

/**
 * The columns of the layer's `orderBy`. They must be properties or the id, because cursors contain
 * their values.
 */
export function checkOrder(options: {
  orderBy: NonNullable<BoundLayer["layer"]["orderBy"]>;
  properties: readonly BoundProperty[];
  key: CatalogColumn;
  addProblem: ReportIssue;
}): OrderTerm[] {
  const { properties, key, addProblem } = options;
  const sortable = new Map(
    properties
      .filter(({ property }) => !UNORDERED_TYPES.has(property.type))
      .map(({ property, column }) => [property.name, column]),
  );
  return options.orderBy.flatMap(({ property, descending }): OrderTerm[] => {
    const isKey = property === "id" || property === key.name;
    const column = sortable.get(property) ?? (isKey ? key : undefined);
    if (column) return [{ column, descending }];
    const close = closestWord(property, sortable.keys());
    const advice = close === undefined ? "" : ` Did you mean "${close}"?`;
    addProblem(
      "order-not-possible",
      "/orderBy",
      `Features cannot be ordered by "${property}", which is neither the id nor a property with an order.${advice}`,
      close,
    );
    return [];
  });
}
