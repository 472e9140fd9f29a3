import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { SetupProblem } from "./command.mjs";

/** Builds the databases of the local stack once, so that every start is fast. */
export function ensureSampleDatabases(root, nodePath, environment) {
  const script = join(root, "packages/cli/src/stack/database/prepare-templates.ts");
  const options = { cwd: root, env: environment, stdio: ["ignore", "inherit", "pipe"] };
  const result = spawnSync(nodePath, [script], options);
  if (result.status === 0) return;
  throw new SetupProblem(`The sample databases could not be prepared:\n${result.stderr}`);
}
