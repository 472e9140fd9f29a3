import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

export interface RunningNats {
  url: string;
  /** Process id of the current server. */
  pid(): number | undefined;
  /** Kills the server like a crash; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with or without its data. */
  restart(options?: { wipe: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A real nats-server with JetStream on a random port of the loopback interface.
 *
 * @param flags additional command-line flags of the server
 */
export async function startNats(flags: string[] = []): Promise<RunningNats> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), "honua-nats-"));
  let server = await launch(port, directory, flags);
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    pid: () => server.pid,
    kill,
    async restart(options) {
      await kill();
      if (options?.wipe) await rm(directory, { recursive: true, force: true });
      server = await launch(port, directory, flags);
    },
    async stop() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function launch(port: number, directory: string, flags: string[]) {
  const options = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", directory, ...flags];
  const server = spawn("nats-server", options, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`nats-server exited with ${code}:\n${log}`)));
    server.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000);
      if (log.includes("Server is ready")) resolve();
    });
  });
  return server;
}
