import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, say } from "./command.mjs";
import { asRoot, installPackages } from "./debian-packages.mjs";

/** The image that the tests in containers run; docker-compose.yml names it as well. */
const IMAGE = "honua-gitops:local";
const PACKAGES = ["docker.io", "iptables", "debootstrap", "docker-compose"];
const START_SECONDS = 30;

/**
 * Makes an engine, the base images and the image of this checkout ready for the tests in containers.
 * Where any of that is not possible, one line says so and those tests are skipped.
 */
export function ensureContainerImage(root, environment) {
  if (process.platform !== "linux") return skip("they are set up on Linux only");
  if (!answers() && !startEngine()) return skip("no container engine answers");
  const run = (program, ...args) =>
    spawnSync(program, args, {
      cwd: root,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
    });
  say("Building the image for the tests in containers …");
  const base = run(join(root, "test/images/build"));
  if (base.status !== 0) return skip(`the base images cannot be had:\n${base.stderr}`);
  process.stdout.write(base.stdout);
  const built = run("docker", "build", "--quiet", "--tag", IMAGE, ".");
  if (built.status !== 0) return skip(`docker build failed:\n${built.stderr}`);
}

function skip(why) {
  say(`Tests in containers will be skipped: ${why}`);
}

function answers() {
  return spawnSync("docker", ["info"], { stdio: "ignore", timeout: 10_000 }).status === 0;
}

/** Only as root in a fresh machine, such as one of continuous integration; a desktop has its own engine. */
function startEngine() {
  if (process.getuid?.() !== 0) return false;
  if (!findProgram("dockerd") || !findProgram("debootstrap")) {
    const prefix = asRoot();
    if (!prefix) return false;
    say(`Installing ${PACKAGES.join(", ")} with apt …`);
    if (!installPackages(prefix, ...PACKAGES)) return false;
  }
  if (answers()) return true;
  const log = openSync(join(tmpdir(), "honua-dockerd.log"), "a");
  spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] }).unref();
  closeSync(log);
  for (let second = 0; second < START_SECONDS; second++) {
    if (answers()) return true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  }
  return false;
}
