import { readFileSync, writeFileSync } from "node:fs";
import { serviceSettings } from "@honua/service-kit";
import type { z } from "zod";
import { approvalsSettings } from "../services/approvals/src/settings.ts";
import { gatewaySettings } from "../services/gis-gateway/src/settings.ts";
import { reconcilerSettings } from "../services/reconciler/src/settings.ts";
import { stateSettings } from "../services/state/src/settings.ts";
import { watcherSettings } from "../services/watcher/src/settings.ts";
import { settingRows, settingsTable } from "./settings-table.ts";

/** Writes `docs/reference/settings.md` from the schemas. With `--check`, fails if the page is stale. */
const SERVICES: readonly [name: string, schema: z.ZodType][] = [
  ["watcher", watcherSettings],
  ["reconciler", reconcilerSettings],
  ["approvals", approvalsSettings],
  ["state", stateSettings],
  ["gis-gateway", gatewaySettings],
];

const INTRODUCTION = `<!-- Generated from the schemas of the services by 'npm run generate'. Do not edit. -->
# Settings

Set a key in one of these places. Later places override earlier ones:

1. \`appsettings.json\` in the folder \`HONUA_CONFIG_DIR\`. Groups are objects: \`{ "GitOps": { "Watcher": … } }\`.
2. \`appsettings.<HONUA_ENVIRONMENT>.json\` in the same folder.
3. An environment variable with the name in the tables below.

Keys are case-insensitive. To read a value from a file, append \`_FILE\` to the variable and set it to the path of
the file. \`0\` stands for an index of a list, \`<name>\` for a name of your choice. A service with an invalid setting
reports the key, the place and the expected value, and exits with code 78.`;

const common = settingRows(serviceSettings);
const known = new Set(common.map(({ variable }) => variable));
const sections = SERVICES.map(([name, schema]) => {
  const own = settingRows(schema).filter(({ variable }) => !known.has(variable));
  return `## ${name}\n\n${settingsTable(own)}`;
});
const expected = `${[INTRODUCTION, `## Every service\n\n${settingsTable(common)}`, ...sections].join("\n\n")}\n`;

const file = new URL("../docs/reference/settings.md", import.meta.url);
if (!process.argv.includes("--check")) writeFileSync(file, expected);
else if (readFileSync(file, "utf8") !== expected) {
  process.stderr.write(
    "docs/reference/settings.md is stale. Run 'npm run generate' and commit the file.\n",
  );
  process.exitCode = 1;
}
