/**
 * The content of a feature's popup. Values become text nodes, so that they are never HTML.
 *
 * @param layer the layer of the feature: the path of its items and the titles of its properties
 */
export function createPopupContent({ id, properties }, { items, titles }) {
  const content = document.createElement("div");
  const list = document.createElement("dl");
  list.className = "popup-pairs";
  for (const [name, title] of titles) {
    const value = properties[name];
    if (value === null || value === undefined) continue;
    const pair = document.createElement("div");
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = title;
    detail.textContent = typeof value === "object" ? JSON.stringify(value) : value;
    pair.className = "popup-pair";
    pair.append(term, detail);
    list.append(pair);
  }
  if (id !== undefined) content.append(linkTo(items, id));
  content.append(list);
  return content;
}

function linkTo(items, id) {
  const link = document.createElement("a");
  link.href = `${items}/${encodeURIComponent(id)}`;
  link.textContent = id;
  link.className = "popup-link";
  return link;
}
