import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Readiness } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import type { ReleaseDocument } from "../../services/gis-gateway/src/release/release-document.ts";

const MAIN = fileURLToPath(new URL("../../services/gis-gateway/src/main.ts", import.meta.url));

export interface GatewayProcess {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts the gateway as in production, with telemetry. It serves a release from its copy on disk. */
export async function startGatewayProcess(options: {
  release: ReleaseDocument;
  gisDatabaseUrl: string;
  natsUrl: string;
  nodeFlags?: readonly string[];
  settings?: Readonly<Record<string, string>>;
}): Promise<GatewayProcess> {
  const directory = await mkdtemp(join(tmpdir(), "honua-bench-gateway-"));
  const { digest, text, release } = options.release;
  await mkdir(join(directory, release.environment), { recursive: true });
  await writeFile(
    join(directory, release.environment, "release.json"),
    JSON.stringify({ digest, document: text }),
  );
  const port = await freePort();
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), MAIN], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      OPERATIONS_PORT: "0",
      NATS_URL: options.natsUrl,
      HONUA_INSTANCE: "gateway-1",
      GitOps__Watcher__Environment: release.environment,
      GitOps__GatewayDirectory: directory,
      LOG_LEVEL: "warn",
      GIS: options.gisDatabaseUrl,
      ...options.settings,
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually("the gateway and all of its workers are ready", async () => {
    if (child.exitCode !== null) throw new Error(`The gateway exited with code ${child.exitCode}.`);
    const ready = (await (await fetch(`${url}/health/ready`)).json()) as Readiness;
    return ready.status === "Healthy";
  });
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      await stopProcess(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Stops a process and waits for its exit. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
