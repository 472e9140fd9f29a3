import type { Bundle, Problem } from "@honua/contracts";
import { closestWord } from "@honua/text";
import { parseJsonDocument } from "../source/json-document.ts";
import type { ParsedDocument, SourceDocument } from "../source/source-document.ts";
import { parseYamlDocument } from "../source/yaml-document.ts";

/** Where the configuration of an environment lies in its repository. */
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

/** The files of a bundle that configure it, each read where it is there and its syntax is right. */
export interface ConfigurationFiles {
  readonly documents: { readonly [File in ConfigurationFile]?: SourceDocument };
  readonly problems: Problem[];
  /** Whether the bundle has the file, readable or not. */
  has(file: ConfigurationFile): boolean;
  /** A problem that says that the file is missing, and which file may be meant for it. */
  missing(file: ConfigurationFile, why: string): Problem;
}

/** Reads the syntax of every configuration file of a bundle. */
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
        message: `${paths[file]} is missing: ${why}`,
        file: paths[file],
        suggestion: similar === undefined ? "add the file" : `rename "${similar}" to it`,
      };
    },
  };
}
