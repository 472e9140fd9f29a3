const SPACINGS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
/** Minimum number of lines across the shorter side of a map. */
const LINES = 4;
/** Approximate northern and southern limit of Web Mercator. */
const MAX_LATITUDE = 85;

/**
 * Meridians and parallels for a view as GeoJSON lines, with points at the left and upper edges that
 * have a `label` and the `anchor` of its text.
 *
 * @param {{west: number, south: number, east: number, north: number}} view in degrees
 */
export function graticule({ west, south, east, north }) {
  const span = Math.min(east - west, north - south);
  const spacing = SPACINGS.find((degrees) => span / degrees >= LINES) ?? 0.001;
  const low = Math.max(south, -MAX_LATITUDE);
  const high = Math.min(north, MAX_LATITUDE);
  const meridians = multiples(spacing, west, east);
  const parallels = multiples(spacing, low, high);
  const features = [
    ...meridians.flatMap((x) => [
      line([x, low], [x, high]),
      label([x, high], "top", angle(x, "E", "W")),
    ]),
    ...parallels.flatMap((y) => [
      line([west, y], [east, y]),
      label([west, y], "left", angle(y, "N", "S")),
    ]),
  ];
  return { type: "FeatureCollection", features };
}

function multiples(spacing, from, to) {
  const first = Math.ceil(from / spacing);
  const count = Math.max(0, Math.floor(to / spacing) - first + 1);
  return Array.from({ length: count }, (_, index) => (first + index) * spacing);
}

function line(from, to) {
  const geometry = { type: "LineString", coordinates: [from, to] };
  return { type: "Feature", properties: {}, geometry };
}

function label(coordinates, anchor, text) {
  const geometry = { type: "Point", coordinates };
  return { type: "Feature", properties: { label: text, anchor }, geometry };
}

function angle(degrees, positive, negative) {
  const normalized = ((((degrees + 180) % 360) + 360) % 360) - 180;
  const rounded = Math.round(Math.abs(normalized) * 1e4) / 1e4;
  const side = normalized < 0 ? negative : positive;
  return rounded === 0 || rounded === 180 ? `${rounded}°` : `${rounded}° ${side}`;
}
