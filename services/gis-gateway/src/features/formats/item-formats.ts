import { negotiate } from "../../http/content-negotiation.ts";
import { formValue } from "../../http/form-text.ts";
import { MEDIA } from "../../ogc/media-types.ts";
import type { Collection } from "../../release/collection.ts";
import { parameterProblem } from "../parameters/parameter-problem.ts";
import { csvText } from "./csv-text.ts";
import { geojsonSeqText } from "./geojson-seq-text.ts";
import { geojsonText } from "./geojson-text.ts";
import type { TextFormat } from "./item-format.ts";
import { jsonFgText } from "./json-fg-text.ts";

/** A format of items other than GeoJSON and HTML. */
export interface ItemFormat {
  /** Value of `f`. */
  name: "geojsonseq" | "csv" | "jsonfg" | "flatgeobuf";
  title: string;
  mediaType: string;
  /** Undefined for a file that the database builds as a whole. */
  text?: TextFormat;
  /** Extension of the file name, for formats that browsers should save instead of show. */
  extension?: string;
}

const FORMATS: readonly ItemFormat[] = [
  { name: "jsonfg", title: "JSON-FG", mediaType: MEDIA.jsonFg, text: jsonFgText },
  {
    name: "geojsonseq",
    title: "GeoJSON text sequence",
    mediaType: MEDIA.geojsonSeq,
    text: geojsonSeqText,
  },
  { name: "csv", title: "CSV", mediaType: MEDIA.csv, text: csvText, extension: "csv" },
  { name: "flatgeobuf", title: "FlatGeobuf", mediaType: MEDIA.flatGeobuf, extension: "fgb" },
];

/** Streamed GeoJSON, for pages that are too long for one text. */
export const LONG_GEOJSON = { mediaType: MEDIA.geojson, text: geojsonText } as const;

/** The formats of a collection other than GeoJSON and HTML. FlatGeobuf depends on the database. */
export function itemFormats({ source, layer }: Collection): readonly ItemFormat[] {
  // A FlatGeobuf file has one geometry type. PostGIS rejects a table with several.
  const isOneKind = layer.geometryType !== "Geometry";
  if (source?.database.facts.flatGeobuf && isOneKind) return FORMATS;
  return FORMATS.filter(({ name }) => name !== "flatgeobuf");
}

/**
 * The format that a request asks for. The parameter `f` takes precedence over `Accept`.
 *
 * @throws HttpProblem 400 for an `f` that the collection does not offer
 */
export function itemFormatOf(
  collection: Collection,
  { query, accept }: { query: string; accept: string | undefined },
): "json" | "html" | ItemFormat {
  const requested = formValue(query, "f");
  if (requested === undefined && (accept === undefined || accept === "*/*")) return "json";
  const formats = itemFormats(collection);
  if (requested !== undefined) {
    if (requested === "json" || requested === "geojson") return "json";
    if (requested === "html") return "html";
    const found = formats.find(({ name }) => name === requested);
    if (found) return found;
    const names = ["json", "html", ...formats.map(({ name }) => name)];
    throw parameterProblem("f", `expected one of ${names.join(", ")}`);
  }
  const chosen = negotiate<string>(accept, [
    { name: "json", types: [MEDIA.geojson, MEDIA.json] },
    { name: "html", types: ["text/html", "application/xhtml+xml"] },
    ...formats.map(({ name, mediaType }) => ({ name, types: [withoutParameters(mediaType)] })),
  ]);
  return formats.find(({ name }) => name === chosen) ?? (chosen === "html" ? "html" : "json");
}

function withoutParameters(mediaType: string): string {
  return mediaType.split(";", 1)[0] ?? mediaType;
}
