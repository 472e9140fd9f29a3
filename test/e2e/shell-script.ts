import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CLI, NODE } from "@honua/testing/system-under-test";
import type { ShellBlock } from "./shell-blocks.ts";

/** Joins the blocks of a page to one script that prints the line number of each block. */
export function joinShellBlocks(page: string, blocks: readonly ShellBlock[]): string {
  return blocks
    .filter(({ skipReason }) => skipReason === undefined)
    .map(({ line, code }) => `echo "${page}:${line}"\n${code}`)
    .join("\n");
}

/**
 * Runs a script in one shell, which exits at the first failing command. `honua` and `node` are on
 * its path.
 *
 * @returns undefined if it succeeded, otherwise its exit code or signal and the end of its output
 */
export async function runShellScript(
  script: string,
  options: { directory: string; home: string; environment?: NodeJS.ProcessEnv; timeoutMs: number },
): Promise<string | undefined> {
  const { directory, home, environment, timeoutMs } = options;
  const bin = join(home, "bin");
  await mkdir(bin, { recursive: true });
  for (const [name, command] of [
    ["honua", `"${NODE}" "${CLI}"`],
    ["node", `"${NODE}"`],
  ]) {
    await writeFile(join(bin, name ?? ""), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  }
  const env = {
    ...process.env,
    // npm sets it to the directory of the caller, which honua would use.
    INIT_CWD: undefined,
    HONUA_HOME: home,
    NO_COLOR: "1",
    PATH: `${bin}:${process.env.PATH}`,
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(
      "bash",
      ["-euxc", `exec 2>&1\n${script}`],
      { cwd: directory, env, timeout: timeoutMs, maxBuffer: 1e8 },
      (error, output) =>
        resolve(error ? `${error.code ?? error.signal}: ${output.slice(-3_000)}` : undefined),
    );
  });
}
