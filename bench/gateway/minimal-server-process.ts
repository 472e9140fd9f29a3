import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { stopProcess } from "./gateway-process.ts";

const MAIN = fileURLToPath(new URL("minimal-server.ts", import.meta.url));

/** Starts a minimal `node:http` server as a process. `<url>/<bytes>` returns that many bytes. */
export async function startMinimalServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN, String(port)], { stdio: "inherit" });
  const url = `http://127.0.0.1:${port}`;
  await eventually("the minimal server responds", async () => (await fetch(`${url}/1`)).ok);
  return { url, stop: () => stopProcess(child) };
}
