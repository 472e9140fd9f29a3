import { readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import manifest from "../package.json" with { type: "json" };
import { asyncApiDocument } from "../src/asyncapi.ts";

/** Generates `docs/asyncapi.yaml` from the contracts. With `--check` it fails if the file is stale. */
const file = new URL("../../../docs/asyncapi.yaml", import.meta.url);
const wanted = `# Generated from packages/contracts by 'pnpm generate'. Do not edit.\n${stringify(asyncApiDocument(manifest.version), { aliasDuplicateObjects: false, lineWidth: 100 })}`;
if (!process.argv.includes("--check")) writeFileSync(file, wanted);
else if (readFileSync(file, "utf8") !== wanted) {
  process.stderr.write("docs/asyncapi.yaml is stale. Run 'pnpm generate' and commit the result.\n");
  process.exitCode = 1;
}
