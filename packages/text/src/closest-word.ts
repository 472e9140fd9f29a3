import { editDistance } from "./edit-distance.ts";

/**
 * A word with more characters gets no suggestion. Names in databases and configurations are
 * shorter.
 */
const MAX_WORD_LENGTH = 128;

/** The known word that a mistyped word most likely means; undefined if none is close. */
export function closestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD_LENGTH) return undefined;
  const wanted = word.toLowerCase();
  const limit = Math.min(tolerance(wanted), wanted.length - 1);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const distance = distanceBetween(wanted, candidate.toLowerCase(), limit);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/**
 * A question for the end of a message: `Did you mean "srid"?`. Undefined if no known word is close.
 */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const closest = closestWord(word, known);
  return closest === undefined ? undefined : `Did you mean "${closest}"?`;
}

/** The number of mistakes that are forgiven: one in a short word, three in a long one. */
function tolerance(word: string): number {
  if (word.length <= 4) return 1;
  return word.length <= 7 ? 2 : 3;
}

function distanceBetween(word: string, candidate: string, limit: number): number {
  // A common prefix counts as one mistake: "geometryCol" means "geometryColumn", not "geometryType".
  const isPrefix = word.length >= 3 && candidate.startsWith(word);
  const hasSuffix = candidate.length >= 4 && word.startsWith(candidate);
  if (word !== candidate && (isPrefix || hasSuffix)) return 1;
  return editDistance(word, candidate, limit);
}
