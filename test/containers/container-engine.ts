import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The image that the bootstrap builds of this checkout before the tests; another one by HONUA_IMAGE. */
export const IMAGE = process.env.HONUA_IMAGE ?? "honua-gitops:local";

/** Whether an engine answers and has the image; where it does not, these tests are skipped. */
export function hasContainers(): boolean {
  try {
    execFileSync("docker", ["image", "inspect", IMAGE], { stdio: "ignore" });
    return true;
  } catch {
    process.stdout.write(
      `Tests in containers are skipped: no container engine has the image ${IMAGE} (docker build --tag ${IMAGE} .)\n`,
    );
    return false;
  }
}

/** Runs the docker command; gives what it prints. */
export async function docker(...args: string[]): Promise<string> {
  return (await run("docker", args)).stdout.trim();
}
