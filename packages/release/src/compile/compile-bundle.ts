import type { Bundle, Problem, Release } from "@honua/contracts";
import { canonicalJson } from "../canonical-json.ts";
import { sha256Hex } from "../digest.ts";
import { datasourcesSource } from "../source/datasources-source.ts";
import type { Position } from "../source/line-index.ts";
import { metadataSource } from "../source/metadata-source.ts";
import { parseSource } from "../source/parse-source.ts";
import type { SourceDocument } from "../source/source-document.ts";
import { buildRelease } from "./build-release.ts";
import { compilePolicy } from "./compile-policy.ts";
import { compileSettings } from "./compile-settings.ts";
import {
  type ConfigurationFiles,
  configurationPaths,
  readConfigurationFiles,
} from "./configuration-files.ts";
import { checkCrossReferences } from "./cross-references.ts";
import { metadataOutline } from "./outline.ts";
import { passwordWarnings } from "./password-warnings.ts";

/** The result of compiling a bundle: a release, or all problems of its files. */
export type CompileResult =
  | {
      readonly ok: true;
      readonly release: Release;
      /** SHA-256 of `canonical`. */
      readonly digest: string;
      /** The release as canonical JSON (RFC 8785). */
      readonly canonical: string;
      readonly warnings: Problem[];
      /** The position of the value at a JSON pointer in a file of the bundle. */
      readonly locate: (file: string, pointer: string) => Position | undefined;
    }
  | { readonly ok: false; readonly problems: Problem[]; readonly warnings: Problem[] };

/**
 * Compiles the files of an environment to a release: validates them, merges them with `common`,
 * normalizes the result and computes its digest. All problems are reported, in the order of the files.
 */
export function compileBundle(bundle: Bundle): CompileResult {
  const files = readConfigurationFiles(bundle);
  const { metadata, datasources, sharedConfig, appsettings, policy } = files.documents;

  const services = metadata && parseSource(metadataSource, metadata);
  const datasourceList = datasources && parseSource(datasourcesSource, datasources);
  const settings = compileSettings(
    [sharedConfig, appsettings].filter((file) => file !== undefined),
  );
  const compiledPolicy = compilePolicy(policy, bundle.environment);
  const { maxLimit } = settings.settings;
  const outline = services?.value;
  const crossReferences =
    metadata && checkCrossReferences({ metadata, outline, datasources, maxLimit });

  const problems = [
    ...files.problems,
    ...missingFiles(files),
    ...(services?.problems ?? []),
    ...(datasourceList?.problems ?? []),
    ...settings.problems,
    ...compiledPolicy.problems,
    ...(crossReferences?.problems ?? []),
  ];
  const secrets = datasources ? passwordWarnings(datasources) : [];
  const order = fileOrder(bundle.environment);
  const warnings = [...(crossReferences?.warnings ?? []), ...secrets].sort(order);
  if (problems.length > 0 || services?.value === undefined) {
    return { ok: false, problems: problems.sort(order), warnings };
  }

  const built = buildRelease({
    environment: bundle.environment,
    settings: settings.settings,
    services: services.value.services,
    datasources: datasourceList?.value?.datasources ?? [],
    policy: compiledPolicy.policy,
  });
  const canonical = canonicalJson(built);
  // Parsed from the canonical text, so that it equals what later readers of the text get.
  const release: Release = JSON.parse(canonical);
  const locate = locator(Object.values(files.documents));
  return { ok: true, release, digest: sha256Hex(canonical), canonical, warnings, locate };
}

function missingFiles({ documents, has, missing }: ConfigurationFiles): Problem[] {
  if (!has("metadata")) return [missing("metadata", "Every environment needs its services.")];
  if (has("datasources")) return [];
  const { services } = metadataOutline.parse(documents.metadata?.value);
  const needsDatasource = services.some((service) => (service?.layers.length ?? 0) > 0);
  if (!needsDatasource) return [];
  return [missing("datasources", "The layers of metadata.json read from datasources.")];
}

function locator(documents: readonly SourceDocument[]) {
  const byFile = new Map(documents.map((document) => [document.file, document]));
  return (file: string, pointer: string): Position | undefined => {
    const place = byFile.get(file)?.locate(pointer);
    return place && { line: place.line, column: place.column };
  };
}

function fileOrder(environment: string) {
  const files: (string | undefined)[] = Object.values(configurationPaths(environment));
  return (a: Problem, b: Problem) =>
    files.indexOf(a.file) - files.indexOf(b.file) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0);
}
