import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * The gate for every commit. It checks format, lint and import rules (`biome.json`), import cycles
 * and the order of folders (`scripts/check-imports.ts`), types, generated files, dead code and unused
 * dependencies (knip), and duplicated code (jscpd).
 */
const CHECKS: readonly { name: string; command: string[] }[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "imports", command: ["node", "scripts/check-imports.ts"] },
  { name: "types", command: ["tsc", "--noEmit"] },
  {
    name: "generated AsyncAPI",
    command: ["node", "packages/contracts/scripts/generate-asyncapi.ts", "--check"],
  },
  {
    name: "generated permissions",
    command: ["node", "packages/contracts/scripts/generate-nats-configuration.ts", "--check"],
  },
  { name: "generated settings", command: ["node", "scripts/generate-settings-page.ts", "--check"] },
  { name: "dead code", command: ["knip"] },
  { name: "duplicated code", command: ["jscpd", "--config", ".jscpd.json", "."] },
];

const root = fileURLToPath(new URL("..", import.meta.url));
const binaries = `${root}node_modules/.bin:${root}node_modules/node/bin:${process.env.PATH}`;
let failed = 0;
for (const { name, command } of CHECKS) {
  const [program = "", ...args] = command;
  const started = performance.now();
  const result = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, PATH: binaries },
    encoding: "utf8",
  });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const ok = result.status === 0;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name} (${seconds} s)\n`);
  if (ok) continue;
  failed += 1;
  process.stdout.write(
    `${result.stdout}${result.stderr}${result.error ? `${result.error.message}\n` : ""}`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
