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

/** A format that items are given in besides GeoJSON and HTML. */
export interface ItemFormat {
  /** Value of `f`. */
  name: "geojsonseq" | "csv" | "jsonfg" | "flatgeobuf";
  title: string;
  mediaType: string;
  /** Absent for a file that the database makes as a whole. */
  text?: TextFormat;
  /** Set for what browsers should save instead of show. */
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

/** GeoJSON, written feature by feature, for pages too long to be one text. */
export const LONG_GEOJSON = { mediaType: MEDIA.geojson, text: geojsonText } as const;

/** The formats of a collection's items besides GeoJSON and HTML; FlatGeobuf where it can be made. */
export function itemFormats({ source, layer }: Collection): readonly ItemFormat[] {
  // PostGIS writes one kind of geometry into a file, and refuses a table that has several.
  const isOneKind = layer.geometryType !== "Geometry";
  if (source?.database.facts.flatGeobuf && isOneKind) return FORMATS;
  return FORMATS.filter(({ name }) => name !== "flatgeobuf");
}

/**
 * What items are asked for as: by `f`, which wins, else by `Accept`.
 *
 * @throws HttpProblem 400 for an `f` that the collection does not offer
 */
export function itemFormatOf(
  collection: Collection,
  { query, accept }: { query: string; accept: string | undefined },
): "json" | "html" | ItemFormat {
  const wanted = formValue(query, "f");
  if (wanted === undefined && (accept === undefined || accept === "*/*")) return "json";
  const formats = itemFormats(collection);
  if (wanted !== undefined) {
    if (wanted === "json" || wanted === "geojson") return "json";
    if (wanted === "html") return "html";
    const found = formats.find(({ name }) => name === wanted);
    if (found) return found;
    const names = ["json", "html", ...formats.map(({ name }) => name)];
    throw parameterProblem("f", `one of ${names.join(", ")} is offered`);
  }
  const chosen = negotiate<string>(accept, [
    { name: "json", types: [MEDIA.geojson, MEDIA.json] },
    { name: "html", types: ["text/html", "application/xhtml+xml"] },
    ...formats.map(({ name, mediaType }) => ({ name, types: [bare(mediaType)] })),
  ]);
  return formats.find(({ name }) => name === chosen) ?? (chosen === "html" ? "html" : "json");
}

function bare(mediaType: string): string {
  return mediaType.split(";", 1)[0] ?? mediaType;
}
