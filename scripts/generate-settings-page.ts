import { readFileSync, writeFileSync } from "node:fs";
import { serviceSettings } from "@honua/service-kit";
import type { z } from "zod";
import { approvalsSettings } from "../services/approvals/src/settings.ts";
import { gatewaySettings } from "../services/gis-gateway/src/settings.ts";
import { reconcilerSettings } from "../services/reconciler/src/settings.ts";
import { stateSettings } from "../services/state/src/settings.ts";
import { watcherSettings } from "../services/watcher/src/settings.ts";
import { settingRows, settingsTable } from "./settings-table.ts";

/** Writes `docs/reference/settings.md` from the schemas; with `--check`, fails when it is stale. */
const SERVICES: readonly [name: string, schema: z.ZodType][] = [
  ["watcher", watcherSettings],
  ["reconciler", reconcilerSettings],
  ["approvals", approvalsSettings],
  ["state", stateSettings],
  ["gis-gateway", gatewaySettings],
];

const INTRODUCTION = `<!-- Generated from the schemas of the services by 'pnpm generate'. Do not edit. -->
# Settings

Every key may stand in \`appsettings.json\` (groups are objects: \`{ "GitOps": { "Watcher": … } }\`) in the
folder \`HONUA_CONFIG_DIR\`, in \`appsettings.<HONUA_ENVIRONMENT>.json\` beside it, or in a variable of the
environment as named here; the later wins. Keys match whatever their case. A variable with \`_FILE\` after
its name gives the path of a file that holds the value. \`0\` stands for a place in a list, \`<name>\` for a
name of your own. A service that is told something wrong says what, where and what is expected, and
ends with exit code 78.`;

const common = settingRows(serviceSettings);
const known = new Set(common.map(({ variable }) => variable));
const sections = SERVICES.map(([name, schema]) => {
  const own = settingRows(schema).filter(({ variable }) => !known.has(variable));
  return `## ${name}\n\n${settingsTable(own)}`;
});
const wanted = `${[INTRODUCTION, `## Every service\n\n${settingsTable(common)}`, ...sections].join("\n\n")}\n`;

const file = new URL("../docs/reference/settings.md", import.meta.url);
if (!process.argv.includes("--check")) writeFileSync(file, wanted);
else if (readFileSync(file, "utf8") !== wanted) {
  process.stderr.write("docs/reference/settings.md is stale; run 'pnpm generate' and commit it\n");
  process.exitCode = 1;
}
