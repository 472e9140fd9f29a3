/** Connections below which one worker could not give an answer beside a long one. */
const FEWEST_CONNECTIONS = 2;

/** One worker's part of the connections that a gateway may have to a datasource. */
export function connectionShare(max: number, workers: number): number {
  return Math.max(Math.min(max, FEWEST_CONNECTIONS), Math.floor(max / workers));
}
