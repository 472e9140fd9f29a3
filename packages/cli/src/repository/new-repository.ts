import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError } from "../command-error.ts";

const TEMPLATE = fileURLToPath(
  new URL("../../templates/configuration-repository", import.meta.url),
);
/** Placeholder for the name of an environment in the paths and files of the template. */
const PLACEHOLDER = "ENVIRONMENT";

/**
 * Writes the files of a new configuration repository. Existing files are never overwritten.
 *
 * @returns the paths of the files
 * @throws CommandError when one of the files exists; nothing is written then
 */
export async function writeRepository(
  directory: string,
  environments: readonly string[],
): Promise<string[]> {
  const files = await renderTemplate(environments);
  const existing = [...files.keys()].filter((path) => existsSync(join(directory, path)));
  if (existing.length > 0) {
    throw new CommandError(
      `${directory} already contains ${existing.join(", ")}. Nothing was written.`,
    );
  }
  for (const [path, content] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { flag: "wx" });
  }
  return [...files.keys()].sort();
}

async function renderTemplate(environments: readonly string[]): Promise<Map<string, string>> {
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(TEMPLATE, file).split(sep).join("/");
    const content = await readFile(file, "utf8");
    if (path.includes(PLACEHOLDER)) {
      for (const environment of environments) {
        files.set(
          path.replace(PLACEHOLDER, environment),
          content.replaceAll(PLACEHOLDER, environment),
        );
      }
    } else files.set(path, fillPlaceholders(content, environments));
  }
  return files;
}

function fillPlaceholders(content: string, environments: readonly string[]): string {
  return content
    .replace("environments: {}\n", `environments:\n${environments.map(policyYaml).join("")}`)
    .replace("ENVIRONMENT_TREE", environments.map((name) => `  ${name}/`).join("\n"))
    .replaceAll("FIRST_ENVIRONMENT", environments.at(-1) ?? PLACEHOLDER);
}

/** Only in production, risky changes need the approval of a person other than the author. */
function policyYaml(environment: string): string {
  const approval =
    environment === "production"
      ? "    minimumRiskLevelForApproval: High\n" +
        "    approvals: { required: 1, forbidAuthor: true }\n" +
        "    approvalTimeout: 24h\n"
      : "    requiresApproval: false\n";
  return `  ${environment}:\n${approval}    autoRollback: true\n`;
}
