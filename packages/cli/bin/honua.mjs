#!/usr/bin/env node
// The command is TypeScript, which needs a newer Node than the machine may have: this starts the
// repository's own, and must itself work on Node 20.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInForeground } from "./foreground.mjs";

const node = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

// Where Node keeps the JavaScript that it makes of TypeScript: a third of what starting takes.
const compiled = fileURLToPath(
  new URL("../../../node_modules/.cache/honua/compiled", import.meta.url),
);

if (existsSync(node)) {
  const environment = { NODE_COMPILE_CACHE: compiled, ...process.env };
  runInForeground(node, [main, ...process.argv.slice(2)], environment);
} else {
  process.stderr.write("honua: not installed yet. Run `npm start` in the repository once.\n");
  process.exitCode = 1;
}
