import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { OfferedSystem } from "../../layer/offered-systems.ts";
import { CRS84 } from "../../ogc/media-types.ts";
import type { Area } from "../../sql/area-filter.ts";
import type { Box } from "../../sql/bbox-filter.ts";
import { parseBbox, parseBoxNumbers } from "./bbox.ts";
import { parameterProblem } from "./parameter-problem.ts";

/**
 * Reads `crs`, `bbox-crs` or `filter-crs`.
 *
 * @returns undefined for CRS84, which is the default
 * @throws HttpProblem 400 for one that the collection does not list (Part 2, 6.4)
 */
export function parseCrs(
  name: "crs" | "bbox-crs" | "filter-crs",
  uri: string | undefined,
  { offered }: BoundLayer,
): OfferedSystem | undefined {
  if (uri === undefined || uri === CRS84) return undefined;
  const system = offered.find((known) => known.uri === uri);
  if (system) return system;
  throw parameterProblem(name, "one of the URIs that the collection lists under 'crs'");
}

/**
 * Reads `bbox` in the coordinates, and their order, of `bbox-crs`. What can be said exactly in
 * degrees is: such boxes have the index and the antimeridian.
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
  if (yMin > yMax) throw parameterProblem("bbox", "its south is north of its north");
  if (kind === "webMercator" && xMin <= xMax) {
    return { boxes: [degrees(xMin, yMin, xMax, yMax)] };
  }
  if (xMin <= xMax) return { areas: [{ srid, xMin, yMin, xMax, yMax }] };
  if (kind !== "geographic") throw parameterProblem("bbox", "its west is east of its east");
  return {
    areas: [
      { srid, xMin, yMin, xMax: 180, yMax },
      { srid, xMin: -180, yMin, xMax, yMax },
    ],
  };
}

/** Half the width of the Web Mercator square, in metres. */
const MERCATOR_EDGE = 20_037_508.342789244;

/** Straight lines of Web Mercator are straight in degrees, so that a box stays a box. */
function degrees(xMin: number, yMin: number, xMax: number, yMax: number): Box {
  const longitude = (x: number) => Math.max(-180, Math.min(180, (x / MERCATOR_EDGE) * 180));
  const latitude = (y: number) =>
    (Math.atan(Math.sinh((y / MERCATOR_EDGE) * Math.PI)) * 180) / Math.PI;
  return {
    west: longitude(xMin),
    south: latitude(yMin),
    east: longitude(xMax),
    north: latitude(yMax),
  };
}
