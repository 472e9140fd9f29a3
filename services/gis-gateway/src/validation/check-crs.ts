import type { Layer } from "@honua/contracts";
import { epsgCodeOf, type ReferenceSystem } from "../layer/reference-system.ts";
import type { ReportIssue } from "./report-issue.ts";

/** Reports each configured coordinate reference system that the database does not have. */
export function checkCrs(options: {
  layer: Layer;
  referenceSystems: ReadonlyMap<number, ReferenceSystem>;
  addProblem: ReportIssue;
}): void {
  const { layer, referenceSystems, addProblem } = options;
  for (const [index, uri] of (layer.crs ?? []).entries()) {
    if (referenceSystems.has(epsgCodeOf(uri) ?? 0)) continue;
    addProblem(
      "crs-unknown",
      `/crs/${index}`,
      `${uri} is not in spatial_ref_sys of datasource "${layer.datasource}".`,
    );
  }
}
