import type { Problem } from "@honua/contracts";
import { didYouMean } from "@honua/text";
import { problemAt, type SourceDocument } from "../source/source-document.ts";
import {
  type DatasourceOutline,
  datasourcesOutline,
  type Entry,
  entriesOf,
  type LayerOutline,
  type MetadataOutline,
  metadataOutline,
} from "./outline.ts";

export interface CrossReferenceInput {
  readonly metadata: SourceDocument;
  /** Of the metadata, when it was read without a problem; else what can be read of it is. */
  readonly outline?: MetadataOutline | undefined;
  /** Absent when the file is missing or its syntax is wrong, which is reported already. */
  readonly datasources: SourceDocument | undefined;
  /** The limit that layers without one of their own obey. */
  readonly maxLimit: number;
}

/** What only several entries together show: broken references, duplicates, limits out of order. */
export function checkCrossReferences(input: CrossReferenceInput): {
  problems: Problem[];
  warnings: Problem[];
} {
  const { metadata, datasources } = input;
  const outline = input.outline ?? metadataOutline.parse(metadata.value);
  const services = entriesOf(outline.services, "services");
  const layers = services.flatMap(({ path, value }) => entriesOf(value.layers, ...path, "layers"));
  const problems = [
    ...duplicates(metadata, "service", services),
    ...duplicates(metadata, "layer", layers),
    ...layers.flatMap((layer) => checkLayer(metadata, layer, input.maxLimit)),
  ];
  if (datasources === undefined) return { problems, warnings: [] };

  const known = entriesOf(datasourcesOutline.parse(datasources.value).datasources, "datasources");
  problems.push(
    ...duplicates(datasources, "datasource", known),
    ...missingDatasources(metadata, layers, known),
  );
  return { problems, warnings: unusedDatasources(datasources, layers, known) };
}

function duplicates(
  document: SourceDocument,
  noun: string,
  entries: readonly Entry<{ id?: string | undefined }>[],
): Problem[] {
  const first = new Map<string, Entry<unknown>>();
  return entries.flatMap((entry) => {
    const { id } = entry.value;
    if (id === undefined) return [];
    const earlier = first.get(id);
    if (earlier === undefined) {
      first.set(id, entry);
      return [];
    }
    const { line } = problemAt(document, [...earlier.path, "id"], { code: "-", message: "-" });
    const message = `${noun} id "${id}" is used twice, first in line ${line}; it must be unique in the environment`;
    return problemAt(document, [...entry.path, "id"], { code: "duplicate-id", message });
  });
}

function checkLayer(
  document: SourceDocument,
  { path, value }: Entry<LayerOutline>,
  settingsMaxLimit: number,
): Problem[] {
  const layer = `layer "${value.id ?? ""}"`;
  const problems: Problem[] = [];
  for (const key of ["properties", "fields"] as const) {
    const names = new Set<string>();
    for (const property of entriesOf(value[key], ...path, key)) {
      const { name } = property.value;
      if (name === undefined) continue;
      if (names.has(name)) {
        const message = `${layer} has the property "${name}" twice`;
        const at = [...property.path, "name"];
        problems.push(problemAt(document, at, { code: "duplicate-property", message }));
      }
      names.add(name);
    }
  }
  const maxLimit = value.maxLimit ?? settingsMaxLimit;
  if (value.defaultLimit !== undefined && value.defaultLimit > maxLimit) {
    const whose = value.maxLimit === undefined ? "of the settings" : "of the layer";
    const message = `"defaultLimit" of ${layer} is ${value.defaultLimit}, above the "maxLimit" ${whose}, ${maxLimit}`;
    const at = [...path, "defaultLimit"];
    problems.push(problemAt(document, at, { code: "limit-order", message }));
  }
  const { minZoom, maxZoom } = value;
  if (minZoom !== undefined && maxZoom !== undefined && minZoom > maxZoom) {
    const message = `"minZoom" of ${layer} is ${minZoom}, above its "maxZoom", ${maxZoom}`;
    problems.push(problemAt(document, [...path, "minZoom"], { code: "zoom-order", message }));
  }
  return problems;
}

function missingDatasources(
  document: SourceDocument,
  layers: readonly Entry<LayerOutline>[],
  known: readonly Entry<DatasourceOutline>[],
): Problem[] {
  const ids = new Set(known.flatMap(({ value }) => value.id ?? []));
  return layers.flatMap(({ path, value }) => {
    const { id = "", datasource } = value;
    if (datasource === undefined || ids.has(datasource)) return [];
    const suggestion = didYouMean(datasource, ids);
    const list = [...ids].map((each) => `"${each}"`).join(", ");
    const known = ids.size === 0 ? "there are no datasources" : `the known ones are ${list}`;
    const message = `layer "${id}" reads from the datasource "${datasource}", which does not exist; ${known}`;
    return problemAt(document, [...path, "datasource"], {
      code: "missing-datasource",
      message: `${message}${suggestion ? `; ${suggestion}` : ""}`,
      suggestion: suggestion ?? `add "${datasource}" to datasources.json or name a known one`,
    });
  });
}

function unusedDatasources(
  document: SourceDocument,
  layers: readonly Entry<LayerOutline>[],
  known: readonly Entry<DatasourceOutline>[],
): Problem[] {
  const used = new Set(layers.map(({ value }) => value.datasource));
  return known.flatMap(({ path, value: { id } }) => {
    if (id === undefined || used.has(id)) return [];
    return problemAt(document, path, {
      code: "unused-datasource",
      message: `no layer reads from the datasource "${id}"`,
    });
  });
}
