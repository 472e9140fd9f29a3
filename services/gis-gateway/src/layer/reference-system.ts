import type { Row, Statement } from "@honua/pg-raw";
import { isNorthFirst } from "./axis-order.ts";

/**
 * The kind of a table's coordinates: longitude and latitude on WGS 84, longitude and latitude on
 * another datum (less than a kilometre away), Web Mercator, or any other projection.
 */
export type ReferenceSystemKind = "crs84" | "geographic" | "webMercator" | "projected";

export interface ReferenceSystem {
  srid: number;
  kind: ReferenceSystemKind;
  /** Absent for a system without an authority. */
  uri?: string;
  /** True if the axis order is northing, easting or latitude, longitude. */
  northFirst?: boolean;
}

export function referenceSystemsStatement(srids: readonly number[]): Statement {
  return {
    text: "select srid, auth_name, auth_srid, srtext, proj4text from spatial_ref_sys where srid = any($1::int[])",
    values: [srids],
  };
}

export function parseReferenceSystems(rows: readonly Row[]): Map<number, ReferenceSystem> {
  return new Map(
    rows.map((row) => {
      const srid = Number(row.srid);
      const proj4 = String(row.proj4text ?? "");
      const authority = String(row.auth_name ?? "");
      const system: ReferenceSystem = {
        srid,
        kind: kindOf(srid, proj4),
        northFirst: isNorthFirst({ authority, wkt: String(row.srtext ?? ""), proj4 }),
        ...(authority === "" ? {} : { uri: crsUri(authority, Number(row.auth_srid)) }),
      };
      return [srid, system];
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

/** The URI of a coordinate reference system (Part 2, 6.2). */
function crsUri(authority: string, code: number): string {
  return `http://www.opengis.net/def/crs/${authority}/0/${code}`;
}

/** The EPSG code in a URI; undefined for other authorities. */
export function epsgCodeOf(uri: string): number | undefined {
  const [, code] = /\/def\/crs\/EPSG\/[^/]+\/(\d+)$/.exec(uri) ?? [];
  return code === undefined ? undefined : Number(code);
}
