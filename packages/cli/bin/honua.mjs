#!/usr/bin/env node
// The command is TypeScript, which needs a newer Node than the machine may have: this starts the
// repository's own, and must itself work on Node 20.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInForeground } from "./foreground.mjs";

const node = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

if (existsSync(node)) {
  runInForeground(node, [main, ...process.argv.slice(2)]);
} else {
  process.stderr.write("honua: not installed yet. Run `npm start` in the repository once.\n");
  process.exitCode = 1;
}
