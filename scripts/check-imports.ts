import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  entryOf,
  findImportCycles,
  findUnorderedEntries,
  findUpwardImports,
  readImportGraph,
} from "./import-graph.ts";

/**
 * Fails if files of a package or service import each other in a cycle, also by types alone, or if an
 * import runs against the order of folders below. Biome's `noImportCycles` ignores types.
 */

/** Folders and files of a `src` folder from top to bottom: each may import only those after it. */
const FOLDER_ORDERS: Readonly<Record<string, readonly string[]>> = {
  "services/gis-gateway": [
    "main.ts",
    "gateway-process.ts",
    "service.ts",
    "workers",
    "api",
    "lifecycle",
    "html",
    "tiles",
    "features",
    "release",
    "validation",
    "sql",
    "layer",
    "datasource",
    "ogc",
    "http",
    "settings.ts",
  ],
};

const root = fileURLToPath(new URL("..", import.meta.url));
const messages: string[] = [];
for (const folder of globSync("{packages,services}/*", { cwd: root }).toSorted()) {
  const graph = readImportGraph(root, folder);
  for (const cycle of findImportCycles(graph)) {
    messages.push(
      `These files import each other in a cycle. Move what they share into a file of its own:\n  ${cycle.join("\n  ")}`,
    );
  }
  const order = FOLDER_ORDERS[folder];
  if (!order) continue;
  const source = `${folder}/src`;
  for (const entry of findUnorderedEntries(graph, source, order)) {
    messages.push(`${source}/${entry} has no place in FOLDER_ORDERS. Add it to the order.`);
  }
  for (const { file, imported } of findUpwardImports(graph, source, order)) {
    const own = entryOf(source, file);
    const allowed = order.slice(order.indexOf(own) + 1).join(", ");
    messages.push(`${file} imports ${imported}. Files of ${own} may import only: ${allowed}.`);
  }
}
if (messages.length > 0) {
  process.stderr.write(`${messages.join("\n")}\n`);
  process.exitCode = 1;
}
