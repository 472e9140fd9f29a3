/**
 * Items by every folder that they lie in, and by their own path: a commit is looked through once, and
 * not once for each environment that is fed from it.
 *
 * @returns the items below any of these folders, which must not lie in one another, in their order
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
