/** Reads all features of a collection by following `next` links. */
export async function readAll(api, collection, limit) {
  const names = [];
  let pages = 0;
  let address = `${api}/collections/${collection}/items?f=json&limit=${limit}`;
  while (address) {
    const response = await fetch(address);
    const { features, links } = await response.json();
    names.push(...features.map(({ properties }) => properties.name));
    pages += 1;
    address = links.find(({ rel }) => rel === "next")?.href;
  }
  return { names, pages };
}

/**
 * Reads a document twice, the second time with `If-None-Match`. Returns both statuses and the tag.
 */
export async function readAgain(address) {
  const first = await fetch(address);
  const tag = first.headers.get("etag");
  const headers = { "if-none-match": tag };
  const second = await fetch(address, { headers, cache: "no-store" });
  return { tag, statuses: [first.status, second.status] };
}

/** Whether a page of this origin may read an address. */
export async function mayRead(address) {
  return fetch(address).then(
    () => true,
    () => false,
  );
}
