#!/usr/bin/env node
// The command is written in TypeScript, which needs a recent version of Node. This launcher runs it
// with the Node of the repository, and must itself work on Node 20.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInForeground } from "./foreground.mjs";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const node = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

// Node caches the compiled JavaScript here, which saves a third of the start time.
const compileCache = fileURLToPath(
  new URL("../../../node_modules/.cache/honua/compiled", import.meta.url),
);

if (existsSync(node)) {
  const environment = { NODE_COMPILE_CACHE: compileCache, ...process.env };
  runInForeground(node, [main, ...process.argv.slice(2)], environment);
} else {
  process.stderr.write(
    `honua: The installation is incomplete. Run 'npm start' once in ${repository}.\n`,
  );
  process.exitCode = 1;
}
