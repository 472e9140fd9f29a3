import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Largest message. The plan of a deployment is one message: 8 MB holds about 20 000 changes, and is
 * the maximum that NATS recommends.
 */
const MAX_PAYLOAD = "8MB";

/** Writes the configuration of the local stack's nats-server. @returns its path */
export async function writeNatsServerConfiguration(home: string, port: number): Promise<string> {
  const path = join(home, "nats-server.conf");
  const lines = [
    "host: 127.0.0.1",
    `port: ${port}`,
    `max_payload: ${MAX_PAYLOAD}`,
    `jetstream { store_dir: ${JSON.stringify(join(home, "nats"))} }`,
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}
