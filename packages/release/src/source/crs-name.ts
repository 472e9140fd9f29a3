const NAMES = [
  /^EPSG:(\d{1,6})$/i,
  /^https?:\/\/www\.opengis\.net\/def\/crs\/EPSG\/[^/]+\/(\d{1,6})$/i,
  /^urn:ogc:def:crs:EPSG:[^:]*:(\d{1,6})$/i,
];

/**
 * The URI of a coordinate reference system that is given as an EPSG code, as `EPSG:<code>`, as a URI or
 * as a URN.
 *
 * @returns undefined if the name has none of these forms
 */
export function crsUriOf(name: string | number): string | undefined {
  const text = typeof name === "number" ? `EPSG:${name}` : name.trim();
  const code = NAMES.flatMap((pattern) => pattern.exec(text)?.[1] ?? [])[0];
  if (code === undefined || Number(code) === 0) return undefined;
  return `http://www.opengis.net/def/crs/EPSG/0/${Number(code)}`;
}
