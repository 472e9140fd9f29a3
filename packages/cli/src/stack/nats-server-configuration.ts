import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The largest message. The plan of a deployment goes in one; 8 MB is what NATS advises at the most,
 * and holds a plan of about twenty thousand changes.
 */
const MAX_PAYLOAD = "8MB";

/** Writes the configuration of the local stack's nats-server and gives its path. */
export async function writeBusConfiguration(home: string, port: number): Promise<string> {
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
