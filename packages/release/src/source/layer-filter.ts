import { Cql2Error, parseText } from "@honua/cql2";
import { nonEmptyText } from "./source-shape.ts";

/** A CQL2 text expression. The message of an invalid one names the position of the error. */
export const layerFilter = nonEmptyText.superRefine((text, context) => {
  try {
    parseText(text);
  } catch (error) {
    if (!(error instanceof Cql2Error)) throw error;
    context.addIssue({
      code: "custom",
      message: `is not a CQL2 expression: ${error.message}${placeOf(error)}`,
      params: { code: "invalid-filter" },
    });
  }
});

function placeOf({ position }: Cql2Error): string {
  return position && "offset" in position ? ` At character ${position.offset + 1}.` : "";
}
