import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runQuietly, SetupProblem, say } from "./command.mjs";

const PNPM = "pnpm@12.21.0";

/** Installs the dependencies when they are missing, or older than what is asked for. */
export function ensureNodeModules(root) {
  const stamp = join(root, "node_modules", ".honua-install");
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  say("Installing dependencies …");
  const installed = runQuietly("npx", ["--yes", PNPM, "install", "--frozen-lockfile"], {
    cwd: root,
    env: environmentWithoutNpm(),
  });
  if (!installed) {
    throw new SetupProblem(
      "The dependencies could not be installed (the output is above). Check the network and try again.",
    );
  }
  writeFileSync(stamp, wanted);
}

/** SHA-256 of everything that decides what an installation contains. */
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

/** `npm start` hands its settings down as variables, which pnpm would take for its own. */
function environmentWithoutNpm() {
  const inherited = Object.entries(process.env);
  return {
    ...Object.fromEntries(inherited.filter(([name]) => !/^npm_/i.test(name))),
    CI: "true",
  };
}
