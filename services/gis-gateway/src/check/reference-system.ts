import type { Row } from "../database/database.ts";
import type { Statement } from "../database/statement.ts";

/**
 * What a table's coordinates are: longitude and latitude on WGS 84, the same on another datum (which
 * moves a place by less than a kilometre), Web Mercator, or anything else.
 */
export type ReferenceSystemKind = "crs84" | "geographic" | "webMercator" | "projected";

export interface ReferenceSystem {
  srid: number;
  kind: ReferenceSystemKind;
}

export function referenceSystemsStatement(srids: readonly number[]): Statement {
  return {
    text: "select srid, proj4text from spatial_ref_sys where srid = any($1::int[])",
    values: [srids],
  };
}

export function referenceSystemsOf(rows: readonly Row[]): Map<number, ReferenceSystem> {
  return new Map(
    rows.map((row) => {
      const srid = Number(row.srid);
      return [srid, { srid, kind: kindOf(srid, String(row.proj4text ?? "")) }];
    }),
  );
}

function kindOf(srid: number, proj4: string): ReferenceSystemKind {
  if (srid === 4326) return "crs84";
  if (srid === 3857) return "webMercator";
  const inDegreesFromGreenwich =
    proj4.includes("+proj=longlat") && !/\+pm=|\+to_meter=/.test(proj4);
  return inDegreesFromGreenwich ? "geographic" : "projected";
}
