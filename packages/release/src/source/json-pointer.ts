/** The way to a value inside a JSON document: keys of objects and indices of arrays. */
export type JsonPath = readonly (string | number)[];

/** RFC 6901 JSON Pointer of a path; the empty text is the whole document. */
export function jsonPointer(path: JsonPath): string {
  return path
    .map((segment) => `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** The segments of an RFC 6901 JSON Pointer, unescaped; undefined when it is not one. */
export function pointerSegments(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at a path of plain JSON; undefined when nothing is there. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}
