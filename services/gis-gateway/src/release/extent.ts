/** Where, and perhaps when, a collection's features are. */
export interface Extent {
  /** CRS84: west, south, east, north. */
  bbox?: readonly [number, number, number, number];
  /** RFC 3339; null is open. */
  interval?: readonly [string | null, string | null];
}
