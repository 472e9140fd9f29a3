/**
 * Indexes items by each folder above them and by their own path, so that a commit is searched once
 * and not once for each environment.
 *
 * @returns a function that lists the items below folders, in their original order; no folder may be
 *   inside another
 */
export function indexByFolder<Item>(
  items: readonly Item[],
  pathOf: (item: Item) => string,
): (roots: readonly string[]) => Item[] {
  const below = new Map<string, number[]>();
  const add = (folder: string, place: number) => {
    const places = below.get(folder);
    if (places) places.push(place);
    else below.set(folder, [place]);
  };
  for (const [place, item] of items.entries()) {
    const path = pathOf(item);
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      add(path.slice(0, at), place);
    }
    add(path, place);
  }
  return (roots) => {
    const places = roots.flatMap((root) => below.get(root) ?? []).sort((a, b) => a - b);
    return places.flatMap((place) => items.slice(place, place + 1));
  };
}
