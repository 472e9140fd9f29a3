/** The path to a value in a JSON document: keys of objects and indices of arrays. */
export type JsonPath = readonly (string | number)[];

/** The JSON Pointer of a path (RFC 6901). The empty string is the whole document. */
export function jsonPointer(path: JsonPath): string {
  return path
    .map((segment) => `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** The unescaped segments of a JSON Pointer (RFC 6901). Undefined if the text is not a pointer. */
export function pointerSegments(pointer: string): string[] | undefined {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) return undefined;
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at a path of a JSON value. Undefined if there is none. */
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
