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
  /** The parsed metadata. If it has problems, its readable parts are used instead. */
  readonly outline?: MetadataOutline | undefined;
  /** Undefined if the file is missing or has invalid syntax, which is reported elsewhere. */
  readonly datasources: SourceDocument | undefined;
  /** The limit for layers without their own limit. */
  readonly maxLimit: number;
}

/** Finds problems across entries: broken references, duplicates and inconsistent limits. */
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
    const message = `The ${noun} id "${id}" is used twice, first in line ${line}. It must be unique in the environment.`;
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
        const message = `The property "${name}" of ${layer} is defined twice.`;
        const at = [...property.path, "name"];
        problems.push(problemAt(document, at, { code: "duplicate-property", message }));
      }
      names.add(name);
    }
  }
  const maxLimit = value.maxLimit ?? settingsMaxLimit;
  if (value.defaultLimit !== undefined && value.defaultLimit > maxLimit) {
    const whose = value.maxLimit === undefined ? "of the settings" : "of the layer";
    const message = `"defaultLimit" of ${layer} is ${value.defaultLimit}, above the "maxLimit" ${whose}, which is ${maxLimit}.`;
    const at = [...path, "defaultLimit"];
    problems.push(problemAt(document, at, { code: "limit-order", message }));
  }
  const { minZoom, maxZoom } = value;
  if (minZoom !== undefined && maxZoom !== undefined && minZoom > maxZoom) {
    const message = `"minZoom" of ${layer} is ${minZoom}, above its "maxZoom" of ${maxZoom}.`;
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
    const known = ids.size === 0 ? "There are no datasources." : `Known datasources: ${list}.`;
    const message = `The datasource "${datasource}" of layer "${id}" does not exist. ${known}`;
    return problemAt(document, [...path, "datasource"], {
      code: "missing-datasource",
      message: `${message}${suggestion ? ` ${suggestion}` : ""}`,
      suggestion:
        suggestion ?? `Add "${datasource}" to datasources.json, or use a known datasource.`,
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
      message: `No layer reads from the datasource "${id}".`,
    });
  });
}
