// Makes a fresh clone run, with any Node from 20 and nothing installed yet:
//   node scripts/bootstrap.mjs honua up [flags]     node scripts/bootstrap.mjs test [filters]
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInForeground } from "../packages/cli/bin/foreground.mjs";
import { ensureClientPrograms } from "./bootstrap/client-programs.mjs";
import { findProgram, SetupProblem } from "./bootstrap/command.mjs";
import { ensureContainerImage } from "./bootstrap/container-engine.mjs";
import { ensureGitPrograms } from "./bootstrap/git-programs.mjs";
import { ensureNatsServer } from "./bootstrap/nats-server.mjs";
import { ensureNodeModules } from "./bootstrap/node-modules.mjs";
import { ensurePostgis } from "./bootstrap/postgis.mjs";
import { ensureSampleDatabases } from "./bootstrap/sample-databases.mjs";

const OLDEST_NODE = 20;
const root = fileURLToPath(new URL("..", import.meta.url));
const [task, ...args] = process.argv.slice(2);

try {
  requireNode();
  requireGit();
  ensureNodeModules(root);
  ensureNatsServer();
  ensureSampleDatabases(root, nodePath(), environment());
  if (task === "honua") runHonua();
  else if (task === "test") runTests();
  else throw new SetupProblem("usage: node scripts/bootstrap.mjs honua|test [arguments]");
} catch (error) {
  if (!(error instanceof SetupProblem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function requireNode() {
  if (Number(process.versions.node.split(".")[0]) >= OLDEST_NODE) return;
  throw new SetupProblem(
    `Node ${process.versions.node} is too old. Install Node ${OLDEST_NODE} or newer (https://nodejs.org).`,
  );
}

function requireGit() {
  if (findProgram("git") ?? findProgram("git.exe")) return;
  throw new SetupProblem("Git is missing. Install it (https://git-scm.com/downloads).");
}

function runHonua() {
  runInForeground(nodePath(), [join(root, "packages/cli/src/main.ts"), ...args], environment());
}

/** Both always run, so that one report shows everything; the tests' closing line comes last. */
function runTests() {
  ensurePostgis();
  ensureGitPrograms();
  ensureClientPrograms();
  // A few tests by name need no image, which takes minutes to build.
  if (args.length === 0) ensureContainerImage(root, environment());
  const check = spawnSync(nodePath(), [join(root, "scripts/check.ts")], {
    cwd: root,
    env: environment(),
    stdio: "inherit",
  });
  const tests = [join(root, "scripts/run-tests.ts"), ...args];
  if (check.status !== 0) tests.push("--check-failed");
  runInForeground(nodePath(), tests, environment());
}

/** The Node that the repository pins. */
function nodePath() {
  return join(root, "node_modules/node/bin/node");
}

/** The pinned Node first, and where Debian keeps nats-server last. */
function environment() {
  const path = [join(root, "node_modules/node/bin"), process.env.PATH, "/usr/sbin"];
  return { ...process.env, PATH: path.join(delimiter) };
}
