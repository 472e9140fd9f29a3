/** The known word that a mistyped one most likely means; undefined when none is close. */
export function closestWord(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = distanceBetween(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  const limit = Math.min(tolerance(wanted), wanted.length - 1);
  return bestDistance <= limit ? best : undefined;
}

/** A phrase for the end of a message, or nothing when no known word is close. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const closest = closestWord(word, known);
  return closest === undefined ? undefined : `did you mean "${closest}"?`;
}

/** Mistakes forgiven in a word: one in a short word, three in a long one. */
function tolerance(word: string): number {
  if (word.length <= 4) return 1;
  return word.length <= 7 ? 2 : 3;
}

function distanceBetween(word: string, candidate: string): number {
  // "geometryCol" is nearer to "geometryColumn" than to "geometryType": a beginning counts as one.
  const isBeginning = word.length >= 3 && candidate.startsWith(word);
  const hasEnding = candidate.length >= 4 && word.startsWith(candidate);
  if (word !== candidate && (isBeginning || hasEnding)) return 1;
  return damerauLevenshtein(word, candidate);
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function damerauLevenshtein(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let distance = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + cost,
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) {
        distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(distance);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
