/** Minimum connections per worker, so that a short response is possible beside a long one. */
const MIN_CONNECTIONS = 2;

/** The number of connections of one worker to a datasource. */
export function connectionShare(max: number, workers: number): number {
  return Math.max(Math.min(max, MIN_CONNECTIONS), Math.floor(max / workers));
}
