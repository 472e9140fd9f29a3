import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { ended } from "./gateway-process.ts";

const MAIN = fileURLToPath(new URL("bare-server.ts", import.meta.url));

/** A bare `node:http` server as a process of its own; `<url>/<bytes>` answers that many bytes. */
export async function startBareServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN, String(port)], { stdio: "inherit" });
  const url = `http://127.0.0.1:${port}`;
  await eventually("the bare server answers", async () => (await fetch(`${url}/1`)).ok);
  return { url, stop: () => ended(child) };
}
