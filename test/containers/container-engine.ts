import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The image that the bootstrap builds from this checkout. HONUA_IMAGE selects another image. */
export const IMAGE = process.env.HONUA_IMAGE ?? "honua-gitops:local";

/** Whether a container engine is available and has the image. Otherwise these tests are skipped. */
export function hasContainers(): boolean {
  try {
    execFileSync("docker", ["image", "inspect", IMAGE], { stdio: "ignore" });
    return true;
  } catch {
    process.stdout.write(
      `Container tests are skipped because no container engine has the image ${IMAGE}. Run: docker build --tag ${IMAGE} .\n`,
    );
    return false;
  }
}

/** Runs a docker command, and returns its output. */
export async function docker(...args: string[]): Promise<string> {
  return (await run("docker", args)).stdout.trim();
}
