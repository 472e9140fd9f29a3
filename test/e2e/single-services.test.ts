import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePortRange } from "@honua/testing/free-port";
import { type PostgresCluster, startPostgresCluster } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readShellBlocks } from "./shell-blocks.ts";
import { joinShellBlocks, runShellScript } from "./shell-script.ts";

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
  "the commands of the page on single services run successfully from first to last",
  async () => {
    const blocks = readShellBlocks(await readFile(PAGE, "utf8"));
    expect(
      blocks.filter(({ skipReason }) => skipReason === undefined).length,
    ).toBeGreaterThanOrEqual(12);
    const script = await withOwnPortsAndFolders(joinShellBlocks("single-services.md", blocks));
    // All processes of the script are children of the shell.
    const scriptWithCleanup = `trap 'pkill -TERM -P $$ || true; wait' EXIT\n${script}`;
    const options = { directory: ROOT, home, timeoutMs: SCRIPT_MS };
    expect(await runShellScript(scriptWithCleanup, options)).toBeUndefined();
  },
  SCRIPT_MS + 10_000,
);

/** Replaces the folders and ports of the page with those of this test. */
async function withOwnPortsAndFolders(script: string): Promise<string> {
  const base = await freePortRange(8);
  const ports = ["5000", "5001", "5002", "5003", "5004", "5005", "5014", "4222"];
  const replaced = ports.reduce(
    (text, port, index) => text.replace(new RegExp(`\\b${port}\\b`, "g"), String(base + index)),
    script.replace(/\b5432\b/g, new URL(cluster.url).port),
  );
  return replaced
    .replaceAll("/etc/honua", join(home, "etc"))
    .replaceAll("/var/lib/honua", join(home, "var"));
}
