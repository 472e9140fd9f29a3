// Prepares a clone and runs a task. Works with any Node from 20, before anything is installed:
//   node scripts/bootstrap.mjs setup
//   node scripts/bootstrap.mjs honua up [options]
//   node scripts/bootstrap.mjs test|test:unit|test:integration|test:e2e [path filters]
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInForeground } from "../packages/cli/bin/foreground.mjs";
import { CLIENT_PROGRAMS } from "./bootstrap/client-programs.mjs";
import { findProgram, SetupProblem } from "./bootstrap/command.mjs";
import { buildTestImage, CONTAINER_ENGINE, startEngine } from "./bootstrap/container-engine.mjs";
import { GIT_PROGRAMS } from "./bootstrap/git-programs.mjs";
import { NATS_SERVER } from "./bootstrap/nats-server.mjs";
import { ensureNodeModules } from "./bootstrap/node-modules.mjs";
import { POSTGIS } from "./bootstrap/postgis.mjs";
import { ensureSampleDatabases } from "./bootstrap/sample-databases.mjs";
import { ensureSystemPrograms } from "./bootstrap/system-programs.mjs";

const OLDEST_NODE = 20;
const root = fileURLToPath(new URL("..", import.meta.url));
const [task = "", ...args] = process.argv.slice(2);

const SERVERS = [NATS_SERVER, POSTGIS, ...GIT_PROGRAMS, ...CLIENT_PROGRAMS];
const EVERYTHING = [...SERVERS, CONTAINER_ENGINE];

/** The system programs that each task needs, and how the task starts. */
const TASKS = {
  honua: { programs: [NATS_SERVER], databases: true, run: runHonua },
  setup: { programs: EVERYTHING, databases: true, run: () => {} },
  test: { programs: EVERYTHING, databases: true, run: runCheckAndTests },
  "test:unit": { programs: [], databases: false, run: () => runTests("unit") },
  "test:integration": { programs: SERVERS, databases: true, run: () => runTests("integration") },
  "test:e2e": { programs: EVERYTHING, databases: true, run: runEndToEndTests },
};

try {
  const { programs, databases, run } = requireTask();
  requireNode();
  requireGit();
  ensureNodeModules(root);
  ensureSystemPrograms(programs);
  if (databases) ensureSampleDatabases(root, nodePath(), environment());
  run();
} catch (error) {
  if (!(error instanceof SetupProblem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function requireTask() {
  if (Object.hasOwn(TASKS, task)) return TASKS[task];
  const names = Object.keys(TASKS).join("|");
  throw new SetupProblem(`Usage: node scripts/bootstrap.mjs ${names} [arguments]`);
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

/** Runs the tests even if the check fails, so that one report shows everything. */
function runCheckAndTests() {
  // Building the image takes minutes. A run of selected tests does not need it.
  if (args.length === 0) prepareContainers();
  const check = spawnSync(nodePath(), [join(root, "scripts/check.ts")], {
    cwd: root,
    env: environment(),
    stdio: "inherit",
  });
  runTestScript(check.status === 0 ? args : [...args, "--check-failed"]);
}

function runEndToEndTests() {
  if (args.length > 0) return runTests("e2e", "containers");
  prepareContainers();
  runTests("e2e", "containers");
}

function runTests(...projects) {
  runTestScript([...args, ...projects.flatMap((name) => ["--project", name])]);
}

function prepareContainers() {
  if (startEngine()) buildTestImage(root, environment());
}

function runTestScript(options) {
  runInForeground(nodePath(), [join(root, "scripts/run-tests.ts"), ...options], environment());
}

/** The Node version that package.json pins. */
function nodePath() {
  return join(root, "node_modules/node/bin/node");
}

/** The pinned Node comes first on PATH. Debian installs nats-server in /usr/sbin. */
function environment() {
  const path = [join(root, "node_modules/node/bin"), process.env.PATH, "/usr/sbin"];
  return { ...process.env, PATH: path.join(delimiter) };
}
