import type { Box } from "../../sql/bbox-filter.ts";
import { parameterProblem } from "./parameter-problem.ts";

/**
 * Parses `bbox`: west, south, east, north. The minimum and maximum height of a box with six numbers are
 * ignored. A box whose west is greater than its east crosses the antimeridian and is split into two.
 * Longitudes beyond ±180 are wrapped, latitudes beyond ±90 are clamped.
 *
 * @throws HttpProblem 400
 */
export function parseBbox(text: string): Box[] {
  const [west, south, east, north] = parseBoxNumbers(text);
  if (south > north) throw parameterProblem("bbox", "south must not be greater than north");
  if (Math.abs(west) > 540 || Math.abs(east) > 540 || south < -180 || north > 180) {
    throw parameterProblem("bbox", "expected degrees of longitude and latitude (CRS84)");
  }
  return splitAtAntimeridian(
    west,
    Math.max(-90, Math.min(south, 90)),
    east,
    Math.min(90, Math.max(north, -90)),
  );
}

/**
 * Parses the four numbers of a box without its heights, in the order of the text.
 *
 * @throws HttpProblem 400
 */
export function parseBoxNumbers(text: string): [number, number, number, number] {
  const numbers = text
    .split(",")
    .map((part) => (NUMBER.test(part.trim()) ? Number(part) : Number.NaN));
  if ((numbers.length !== 4 && numbers.length !== 6) || !numbers.every(Number.isFinite)) {
    throw parameterProblem("bbox", "expected four or six numbers, separated by commas");
  }
  if (numbers.length === 6 && (numbers[2] as number) > (numbers[5] as number)) {
    throw parameterProblem("bbox", "the minimum height must not be greater than the maximum");
  }
  return (numbers.length === 4 ? numbers : [0, 1, 3, 4].map((at) => numbers[at])) as [
    number,
    number,
    number,
    number,
  ];
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

function splitAtAntimeridian(west: number, south: number, east: number, north: number): Box[] {
  if (east - west >= 360) return [{ west: -180, south, east: 180, north }];
  const from = wrapLongitude(west);
  const to = wrapLongitude(east);
  if (from <= to) return [{ west: from, south, east: to, north }];
  return [
    { west: from, south, east: 180, north },
    { west: -180, south, east: to, north },
  ];
}

/** The same meridian from -180 to 180. Both ends remain unchanged. */
function wrapLongitude(longitude: number): number {
  if (longitude >= -180 && longitude <= 180) return longitude;
  return ((((longitude + 180) % 360) + 360) % 360) - 180;
}
