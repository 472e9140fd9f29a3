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
import { warnOfSecrets } from "./password-warnings.ts";

/** What compiling a bundle gives: a release, or everything that is wrong with the files. */
export type CompileResult =
  | {
      readonly ok: true;
      readonly release: Release;
      /** SHA-256 of `canonical`. */
      readonly digest: string;
      /** RFC 8785 text of the release. */
      readonly canonical: string;
      readonly warnings: Problem[];
      /** Where the value at a JSON pointer stands in a file of the bundle. */
      readonly locate: (file: string, pointer: string) => Position | undefined;
    }
  | { readonly ok: false; readonly problems: Problem[]; readonly warnings: Problem[] };

/**
 * Compiles the files of an environment into a release: validated, merged with `common`, normalised
 * and content-addressed. All problems are reported together, in the order of the files.
 */
export function compileBundle(bundle: Bundle): CompileResult {
  const files = readConfigurationFiles(bundle);
  const { metadata, datasources, sharedConfig, appsettings, policy } = files.documents;

  const services = metadata && parseSource(metadataSource, metadata);
  const connections = datasources && parseSource(datasourcesSource, datasources);
  const settings = compileSettings(
    [sharedConfig, appsettings].filter((file) => file !== undefined),
  );
  const judged = compilePolicy(policy, bundle.environment);
  const { maxLimit } = settings.settings;
  const outline = services?.value;
  const crossed = metadata && checkCrossReferences({ metadata, outline, datasources, maxLimit });

  const problems = [
    ...files.problems,
    ...missingFiles(files),
    ...(services?.problems ?? []),
    ...(connections?.problems ?? []),
    ...settings.problems,
    ...judged.problems,
    ...(crossed?.problems ?? []),
  ];
  const secrets = datasources ? warnOfSecrets(datasources) : [];
  const order = fileOrder(bundle.environment);
  const warnings = [...(crossed?.warnings ?? []), ...secrets].sort(order);
  if (problems.length > 0 || services?.value === undefined) {
    return { ok: false, problems: problems.sort(order), warnings };
  }

  const built = buildRelease({
    environment: bundle.environment,
    settings: settings.settings,
    services: services.value.services,
    datasources: connections?.value?.datasources ?? [],
    policy: judged.policy,
  });
  const canonical = canonicalJson(built);
  // Read back, so that it is what every later reader of the text gets, to the last absent key.
  const release: Release = JSON.parse(canonical);
  const locate = locator(Object.values(files.documents));
  return { ok: true, release, digest: sha256Hex(canonical), canonical, warnings, locate };
}

function missingFiles({ documents, has, missing }: ConfigurationFiles): Problem[] {
  if (!has("metadata")) return [missing("metadata", "every environment needs its services")];
  if (has("datasources")) return [];
  const { services } = metadataOutline.parse(documents.metadata?.value);
  const needsDatasource = services.some((service) => (service?.layers.length ?? 0) > 0);
  if (!needsDatasource) return [];
  return [missing("datasources", "the layers of metadata.json read from datasources")];
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
