import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePortRange } from "@honua/testing/free-port";
import { type PostgresCluster, startPostgresCluster } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readShellBlocks } from "./shell-blocks.ts";
import { failureOf, scriptOf } from "./shell-script.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGE = join(ROOT, "docs/how-to/single-services.md");
const SCRIPT_MS = 150_000;

let home: string;
let cluster: PostgresCluster;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "honua-single-"));
  cluster = await startPostgresCluster();
}, 60_000);
afterAll(async () => {
  await cluster?.stop();
  await rm(home, { recursive: true, force: true });
});

it(
  "the commands of the page on single services do what it says, from first to last",
  async () => {
    const blocks = readShellBlocks(await readFile(PAGE, "utf8"));
    expect(blocks.filter(({ excuse }) => excuse === undefined).length).toBeGreaterThanOrEqual(12);
    const script = await elsewhere(scriptOf("single-services.md", blocks));
    // The shell is the parent of all that it started.
    const ended = `trap 'pkill -TERM -P $$ || true; wait' EXIT\n${script}`;
    const place = { directory: ROOT, home, timeoutMs: SCRIPT_MS };
    expect(await failureOf(ended, place)).toBeUndefined();
  },
  SCRIPT_MS + 10_000,
);

/** The same script with the folders and ports of this test in the place of the page's. */
async function elsewhere(script: string): Promise<string> {
  const base = await freePortRange(8);
  const ports = ["5000", "5001", "5002", "5003", "5004", "5005", "5014", "4222"];
  const moved = ports.reduce(
    (text, port, index) => text.replace(new RegExp(`\\b${port}\\b`, "g"), String(base + index)),
    script.replace(/\b5432\b/g, new URL(cluster.url).port),
  );
  return moved
    .replaceAll("/etc/honua", join(home, "etc"))
    .replaceAll("/var/lib/honua", join(home, "var"));
}
