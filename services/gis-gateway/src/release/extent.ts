/** The spatial and temporal extent of a collection. */
export interface Extent {
  /** CRS84: west, south, east, north. */
  bbox?: readonly [number, number, number, number];
  /** RFC 3339; null for an open end. */
  interval?: readonly [string | null, string | null];
}
