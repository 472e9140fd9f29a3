import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandFailed } from "../command-error.ts";

const TEMPLATE = fileURLToPath(
  new URL("../../templates/configuration-repository", import.meta.url),
);
/** In the template's paths and files: the name of an environment. */
const PLACEHOLDER = "ENVIRONMENT";

/**
 * Writes the files of a new configuration repository, all or none.
 *
 * @returns their paths
 * @throws CommandFailed when one of them is there already
 */
export async function writeRepository(
  directory: string,
  environments: readonly string[],
): Promise<string[]> {
  const files = await filesOf(environments);
  const there = [...files.keys()].filter((path) => existsSync(join(directory, path)));
  if (there.length > 0) {
    throw new CommandFailed(`${directory} already has ${there.join(", ")}; nothing was written.`);
  }
  for (const [path, content] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { flag: "wx" });
  }
  return [...files.keys()].sort();
}

async function filesOf(environments: readonly string[]): Promise<Map<string, string>> {
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile())) {
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
    } else files.set(path, filled(content, environments));
  }
  return files;
}

function filled(content: string, environments: readonly string[]): string {
  return content
    .replace("environments: {}\n", `environments:\n${environments.map(policyOf).join("")}`)
    .replace("ENVIRONMENT_TREE", environments.map((name) => `  ${name}/`).join("\n"))
    .replaceAll("FIRST_ENVIRONMENT", environments.at(-1) ?? PLACEHOLDER);
}

/** In production what is risky needs somebody other than its author. */
function policyOf(environment: string): string {
  const approval =
    environment === "production"
      ? "    minimumRiskLevelForApproval: High\n" +
        "    approvals: { required: 1, forbidAuthor: true }\n" +
        "    approvalTimeout: 24h\n"
      : "    requiresApproval: false\n";
  return `  ${environment}:\n${approval}    autoRollback: true\n`;
}
