/** Half the width of the Web Mercator square (EPSG:3857) in metres. */
export const MERCATOR_EDGE = 20_037_508.342789244;

/** Longitude and latitude in degrees of a position in Web Mercator. */
export function mercatorToDegrees(x: number, y: number): [longitude: number, latitude: number] {
  return [
    (x / MERCATOR_EDGE) * 180,
    (Math.atan(Math.sinh((y / MERCATOR_EDGE) * Math.PI)) * 180) / Math.PI,
  ];
}
