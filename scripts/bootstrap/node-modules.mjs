import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printLine, runQuietly, SetupProblem } from "./command.mjs";

const PNPM = "pnpm@12.21.0";

/** Installs the npm dependencies if they are missing or do not match the lockfile and manifests. */
export function ensureNodeModules(root) {
  const stamp = join(root, "node_modules", ".honua-install");
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  printLine("Installing dependencies …");
  const installed = runQuietly("npx", ["--yes", PNPM, "install", "--frozen-lockfile"], {
    cwd: root,
    env: environmentWithoutNpm(),
  });
  if (!installed) {
    throw new SetupProblem(
      "The dependencies could not be installed. See the output above, check the network and try again.",
    );
  }
  writeFileSync(stamp, wanted);
}

/** SHA-256 of every file that determines the content of node_modules. */
function fingerprint(root) {
  const manifests = ["packages", "services"].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, "package.json")),
  );
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests.sort()];
  const hash = createHash("sha256");
  for (const file of files.filter((name) => existsSync(join(root, name)))) {
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** npm passes its settings to scripts as `npm_…` variables, which pnpm would read as its own. */
function environmentWithoutNpm() {
  const inherited = Object.entries(process.env);
  return {
    ...Object.fromEntries(inherited.filter(([name]) => !/^npm_/i.test(name))),
    CI: "true",
  };
}
