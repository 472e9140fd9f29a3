import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { OfferedSystem } from "../../layer/offered-systems.ts";
import { mercatorToDegrees } from "../../layer/web-mercator.ts";
import { CRS84 } from "../../ogc/media-types.ts";
import type { Area } from "../../sql/area-filter.ts";
import type { Box } from "../../sql/bbox-filter.ts";
import { parseBbox, parseBoxNumbers } from "./bbox.ts";
import { parameterProblem } from "./parameter-problem.ts";

/**
 * Parses `crs`, `bbox-crs` or `filter-crs`.
 *
 * @returns undefined for CRS84, which is the default
 * @throws HttpProblem 400 for a URI that the collection does not list (Part 2, 6.4)
 */
export function parseCrs(
  name: "crs" | "bbox-crs" | "filter-crs",
  uri: string | undefined,
  { offered }: BoundLayer,
): OfferedSystem | undefined {
  if (uri === undefined || uri === CRS84) return undefined;
  const system = offered.find((known) => known.uri === uri);
  if (system) return system;
  throw parameterProblem(name, "expected one of the URIs that the collection lists under 'crs'");
}

/**
 * Parses `bbox` in the coordinates and axis order of `bbox-crs`. A box that can be converted exactly to
 * degrees is converted, because boxes in degrees support the spatial index and the antimeridian.
 *
 * @throws HttpProblem 400
 */
export function parseBboxInCrs(
  text: string,
  system: OfferedSystem | undefined,
): { boxes: Box[] } | { areas: Area[] } {
  if (!system) return { boxes: parseBbox(text) };
  const { srid, northFirst, kind } = system;
  const [first, second, third, fourth] = parseBoxNumbers(text);
  const [xMin, yMin, xMax, yMax] = northFirst
    ? [second, first, fourth, third]
    : [first, second, third, fourth];
  if (kind === "crs84") return { boxes: parseBbox([xMin, yMin, xMax, yMax].join(",")) };
  if (yMin > yMax) throw parameterProblem("bbox", "south must not be greater than north");
  if (kind === "webMercator" && xMin <= xMax) {
    return { boxes: [boxInDegrees(xMin, yMin, xMax, yMax)] };
  }
  if (xMin <= xMax) return { areas: [{ srid, xMin, yMin, xMax, yMax }] };
  if (kind !== "geographic") throw parameterProblem("bbox", "west must not be greater than east");
  return {
    areas: [
      { srid, xMin, yMin, xMax: 180, yMax },
      { srid, xMin: -180, yMin, xMax, yMax },
    ],
  };
}

/** Converts a box of Web Mercator. Meridians and parallels are straight in both, so the result is exact. */
function boxInDegrees(xMin: number, yMin: number, xMax: number, yMax: number): Box {
  const [west, south] = mercatorToDegrees(xMin, yMin);
  const [east, north] = mercatorToDegrees(xMax, yMax);
  const clamp = (longitude: number) => Math.max(-180, Math.min(180, longitude));
  return { west: clamp(west), south, east: clamp(east), north };
}
