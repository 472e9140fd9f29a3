import { readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import manifest from "../package.json" with { type: "json" };
import { asyncApiDocument } from "../src/asyncapi.ts";

/** Writes `docs/asyncapi.yaml` from the contracts; with `--check`, fails when it is stale. */
const file = new URL("../../../docs/asyncapi.yaml", import.meta.url);
const wanted = `# Generated from packages/contracts by 'pnpm generate'. Do not edit.\n${stringify(asyncApiDocument(manifest.version), { aliasDuplicateObjects: false, lineWidth: 100 })}`;
if (!process.argv.includes("--check")) writeFileSync(file, wanted);
else if (readFileSync(file, "utf8") !== wanted) {
  process.stderr.write("docs/asyncapi.yaml is stale; run 'pnpm generate' and commit it\n");
  process.exitCode = 1;
}
