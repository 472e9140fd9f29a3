import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, printLine } from "./command.mjs";
import { installPackages } from "./debian-packages.mjs";

/** The image that the container tests run. docker-compose.yml names it too. */
const IMAGE = "honua-gitops:local";
const PACKAGES = ["docker.io", "iptables", "debootstrap", "docker-compose"];
const START_SECONDS = 30;

/** @type {import("./system-programs.mjs").SystemProgram} */
export const CONTAINER_ENGINE = {
  name: "a container engine",
  reason: "runs the tests in containers",
  packages: PACKAGES,
  optional: true,
  isInstalled: () => isRunning() || Boolean(findProgram("dockerd") && findProgram("debootstrap")),
  // Only root can install and start an engine. Desktop users choose their own engine.
  isWanted: () => process.platform === "linux" && process.getuid?.() === 0,
  install: (prefix) => void installPackages(prefix, ...PACKAGES),
};

/** @returns {boolean} whether a container engine runs, if necessary after starting dockerd as root */
export function startEngine() {
  if (process.platform !== "linux") return skip("they run on Linux only.");
  if (isRunning()) return true;
  if (process.getuid?.() !== 0 || !findProgram("dockerd"))
    return skip("no container engine is running.");
  printLine("Starting dockerd for the tests in containers …");
  const log = openSync(join(tmpdir(), "honua-dockerd.log"), "a");
  spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] }).unref();
  closeSync(log);
  for (let second = 0; second < START_SECONDS; second++) {
    if (isRunning()) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  }
  return skip("dockerd did not start.");
}

/** Builds the base images and the image of this checkout. If a build fails, the tests are skipped. */
export function buildTestImage(root, environment) {
  const run = (program, ...args) =>
    spawnSync(program, args, {
      cwd: root,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
    });
  printLine("Building the image for the tests in containers …");
  const base = run(join(root, "test/images/build"));
  if (base.status !== 0) return skip(`the base images are not available:\n${base.stderr}`);
  process.stdout.write(base.stdout);
  const built = run("docker", "build", "--quiet", "--tag", IMAGE, ".");
  if (built.status !== 0) return skip(`docker build failed:\n${built.stderr}`);
  return true;
}

function skip(reason) {
  printLine(`Skipping the tests in containers: ${reason}`);
  return false;
}

function isRunning() {
  return spawnSync("docker", ["info"], { stdio: "ignore", timeout: 10_000 }).status === 0;
}
