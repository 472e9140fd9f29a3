import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Deployment, DeploymentSummary, EnvironmentState } from "@honua/contracts";
import { eventually } from "./eventually.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const NODE = join(ROOT, "node_modules/node/bin/node");
export const CLI = join(ROOT, "packages/cli/src/main.ts");

/** Addresses of a running system. */
export interface SystemDescription {
  urls: {
    gateway: string;
    approvals: string;
    state: string;
    watcher: string;
    reconciler: string;
    /** Metrics and health of the gateway. */
    operations: string;
  };
  repository: string;
  workingCopy: string;
  token: string;
  gisDatabaseUrl: string;
}

/** A running system as operators use it: a working copy, the honua command and the HTTP APIs. */
export interface SystemUnderTest {
  description(): Promise<SystemDescription>;
  /** Runs the `honua` command against this system. */
  honua(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }>;
  git(...args: string[]): Promise<string>;
  /** Rewrites a JSON file of the working copy. */
  edit(file: string, change: (document: never) => unknown): Promise<void>;
  write(file: string, text: string): Promise<void>;
  /** Commits and pushes all changes of the working copy, and returns the commit id. */
  push(message: string, ...flags: string[]): Promise<string>;
  state(): Promise<EnvironmentState>;
  deployment(id: string): Promise<Deployment>;
  /** Waits until the deployment of a commit is in one of the states. */
  deploymentOf(commit: string, ...states: string[]): Promise<DeploymentSummary>;
  collections(): Promise<string[]>;
  remove(): Promise<void>;
}

/** @param options.environment variables with which the honua command finds the system */
export function createSystemUnderTest(options: {
  workingCopy: string;
  environment: NodeJS.ProcessEnv;
  description: () => Promise<SystemDescription>;
}): Omit<SystemUnderTest, "remove"> {
  const { workingCopy, environment, description } = options;
  const git = async (...args: string[]) =>
    (await run("git", args, { cwd: workingCopy })).stdout.trim();

  async function get<Body>(path: string): Promise<Body> {
    const { urls, token } = await description();
    const response = await fetch(urls.state + path, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok)
      throw new Error(`${path} returned ${response.status}: ${await response.text()}`);
    return (await response.json()) as Body;
  }

  return {
    description,
    git,
    async honua(...args) {
      try {
        const { stdout, stderr } = await run(NODE, [CLI, ...args], {
          env: environment,
          cwd: workingCopy,
        });
        return { stdout, stderr, code: 0 };
      } catch (error) {
        const failed = error as { stdout?: string; stderr?: string; code?: number };
        return {
          stdout: failed.stdout ?? "",
          stderr: failed.stderr ?? "",
          code: failed.code ?? -1,
        };
      }
    },
    async edit(file, change) {
      const path = join(workingCopy, file);
      const document = JSON.parse(await readFile(path, "utf8")) as never;
      await writeFile(path, `${JSON.stringify(change(document), null, 2)}\n`);
    },
    async write(file, text) {
      await writeFile(join(workingCopy, file), text);
    },
    async push(message, ...flags) {
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "--message", message);
      await git("push", "--quiet", ...flags, "origin", "HEAD:main");
      return git("rev-parse", "HEAD");
    },
    state: () => get<EnvironmentState>("/api/gitops/environments/production"),
    deployment: (id) => get<Deployment>(`/api/gitops/deployments/${id}`),
    deploymentOf: (commit, ...states) =>
      eventually(
        `a deployment of ${commit.slice(0, 7)} is ${states.join(" or ")}`,
        async () => {
          const { items } = await get<{ items: DeploymentSummary[] }>(
            "/api/gitops/environments/production/deployments?limit=50",
          );
          return items.find((one) => one.commit === commit && states.includes(one.state));
        },
        45_000,
      ),
    async collections() {
      const { urls } = await description();
      const response = await fetch(`${urls.gateway}/ogc/collections`);
      const body = (await response.json()) as { collections: { id: string }[] };
      return body.collections.map(({ id }) => id).sort();
    },
  };
}
