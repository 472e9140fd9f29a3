import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BUNDLE_LIMITS, type Bundle } from "@honua/contracts";
import { compileBundle, formatProblem } from "@honua/release";
import type { Command } from "commander";
import { CommandFailed, EXIT } from "../exit.ts";
import type { OutputFormat } from "../output.ts";
import { type CommandContext, show, withOutput } from "./context.ts";

/** `honua validate [directory]`: offline, for pull requests. */
export function validateCommand(program: Command, context: CommandContext): void {
  withOutput(program.command("validate"))
    .description("check a configuration repository without any service, as a pull request does")
    .argument("[directory]", "working copy of the repository", ".")
    .option("--environment <name>", "only this environment")
    .action(async (directory: string, flags: { environment?: string; output: OutputFormat }) => {
      const environments = flags.environment
        ? [flags.environment]
        : await environmentsIn(directory);
      const results = [];
      for (const environment of environments) {
        const compiled = compileBundle(await readBundle(directory, environment));
        const problems = compiled.ok ? [] : compiled.problems;
        results.push({ environment, ok: compiled.ok, problems, warnings: compiled.warnings });
      }
      show(context, flags, results, (all) =>
        all
          .flatMap(({ environment, ok, problems, warnings }) => [
            ...problems.map((problem) => `error: ${formatProblem(problem)}`),
            ...warnings.map((warning) => `warning: ${formatProblem(warning)}`),
            `${environment}: ${ok ? "valid" : `${problems.length} problems`}`,
          ])
          .join("\n"),
      );
      if (results.some(({ ok }) => !ok)) throw new CommandFailed("", EXIT.failed);
    });
}

async function environmentsIn(directory: string): Promise<string[]> {
  const root = join(directory, "environments");
  if (!existsSync(root)) {
    throw new CommandFailed(
      `${root} does not exist; name the working copy of a configuration repository`,
      EXIT.usage,
    );
  }
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== "common")
    .map(({ name }) => name)
    .sort();
}

/** The same files that the watcher would take from a commit. */
async function readBundle(directory: string, environment: string): Promise<Bundle> {
  const files: Bundle["files"] = [];
  for (const root of [`environments/${environment}`, "environments/common", ".gitops"]) {
    if (!existsSync(join(directory, root))) continue;
    const entries = await readdir(join(directory, root), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const file = join(entry.parentPath, entry.name);
      files.push({
        path: file.slice(join(directory, "/").length),
        content: await readFile(file, "utf8"),
      });
    }
  }
  if (files.length > BUNDLE_LIMITS.files) {
    throw new CommandFailed(
      `${files.length} files are more than the ${BUNDLE_LIMITS.files} an environment may have`,
    );
  }
  return { environment, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
