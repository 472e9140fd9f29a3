/**
 * The number of edits that turn `a` into `b`: insertions, deletions, replacements and swaps of
 * adjacent characters (optimal string alignment).
 *
 * @param limit the largest number of interest; any greater number is returned as `limit + 1`, after
 *   at most a number of steps in proportion to `limit` and the length of one word
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = nextRow(a, b, row, limit, last, beforeLast);
    if (Math.min(...current.slice(firstColumn(row, limit), row + limit + 1)) > limit) {
      return limit + 1;
    }
    [beforeLast, last] = [last, current];
  }
  return Math.min(last[b.length] ?? 0, limit + 1);
}

/** Cells further from the diagonal than the limit cannot hold a number within it. */
function firstColumn(row: number, limit: number): number {
  return Math.max(0, row - limit);
}

function nextRow(
  a: string,
  b: string,
  row: number,
  limit: number,
  last: readonly number[],
  beforeLast: readonly number[],
): number[] {
  const current = new Array<number>(b.length + 1).fill(limit + 1);
  current[0] = row;
  const end = Math.min(b.length, row + limit);
  for (let column = Math.max(1, firstColumn(row, limit)); column <= end; column += 1) {
    const cost = a[row - 1] === b[column - 1] ? 0 : 1;
    let distance = Math.min(
      (last[column] ?? 0) + 1,
      (current[column - 1] ?? 0) + 1,
      (last[column - 1] ?? 0) + cost,
    );
    const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
    if (row > 1 && column > 1 && isSwap) {
      distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1);
    }
    current[column] = distance;
  }
  return current;
}
