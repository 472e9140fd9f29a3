/** The end of a message that names a close name, or nothing when none is within two edits. */
export function suggestName(wanted: string, names: Iterable<string>): string {
  const folded = wanted.slice(0, 64).toLowerCase();
  let [best, fewest] = ["", Math.min(3, folded.length)];
  for (const name of names) {
    if (Math.abs(name.length - folded.length) > 2) continue;
    const count = edits(folded, name.toLowerCase());
    if (count < fewest) [best, fewest] = [name, count];
  }
  return best === "" ? "" : ` Did you mean "${best}"?`;
}

/** Levenshtein distance, in one row. */
function edits(from: string, to: string): number {
  const row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [done, character] of [...from].entries()) {
    let diagonal = done;
    row[0] = done + 1;
    for (let column = 1; column < row.length; column += 1) {
      const above = row[column] ?? 0;
      const replaced = diagonal + (to[column - 1] === character ? 0 : 1);
      row[column] = Math.min(above + 1, (row[column - 1] ?? 0) + 1, replaced);
      diagonal = above;
    }
  }
  return row[to.length] ?? 0;
}
