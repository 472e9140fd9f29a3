/** A count with its noun: `1 change`, `2 changes`. The plural must end in `s`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
