import type { Bundle, Problem } from "@honua/contracts";
import { closestWord } from "@honua/text";
import { parseJsonDocument } from "../source/json-document.ts";
import type { ParsedDocument, SourceDocument } from "../source/source-document.ts";
import { parseYamlDocument } from "../source/yaml-document.ts";

/** The paths of the configuration files of an environment in its repository. */
export function configurationPaths(environment: string) {
  return {
    metadata: `environments/${environment}/metadata.json`,
    datasources: `environments/${environment}/datasources.json`,
    appsettings: `environments/${environment}/appsettings.json`,
    sharedConfig: "environments/common/shared-config.json",
    policy: ".gitops/deployment-policy.yaml",
  } as const;
}
export type ConfigurationFile = keyof ReturnType<typeof configurationPaths>;

/** The configuration files of a bundle. A document is absent if its file is missing or invalid. */
export interface ConfigurationFiles {
  readonly documents: { readonly [File in ConfigurationFile]?: SourceDocument };
  readonly problems: Problem[];
  /** True if the bundle has the file, even with invalid syntax. */
  has(file: ConfigurationFile): boolean;
  /** A problem for a missing file. It suggests to rename a file with a similar name. */
  missing(file: ConfigurationFile, why: string): Problem;
}

/** Parses all configuration files of a bundle. */
export function readConfigurationFiles(bundle: Bundle): ConfigurationFiles {
  const paths = configurationPaths(bundle.environment);
  const contents = new Map(bundle.files.map(({ path, content }) => [path, content]));
  const read = (file: ConfigurationFile): ParsedDocument => {
    const content = contents.get(paths[file]);
    if (content === undefined) return { problems: [] };
    return file === "policy"
      ? parseYamlDocument(paths[file], content)
      : parseJsonDocument(paths[file], content);
  };

  const documents: Partial<Record<ConfigurationFile, SourceDocument>> = {};
  const problems: Problem[] = [];
  for (const file of Object.keys(paths) as ConfigurationFile[]) {
    const parsed = read(file);
    problems.push(...parsed.problems);
    if (parsed.document !== undefined) documents[file] = parsed.document;
  }
  return {
    documents,
    problems,
    has: (file) => contents.has(paths[file]),
    missing: (file, why) => {
      const similar = closestWord(paths[file], contents.keys());
      return {
        code: "missing-file",
        message: `${paths[file]} is missing. ${why}`,
        file: paths[file],
        suggestion: similar === undefined ? "Add the file." : `Rename "${similar}".`,
      };
    },
  };
}
