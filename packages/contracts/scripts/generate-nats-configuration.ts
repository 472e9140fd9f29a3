import { readFileSync, writeFileSync } from "node:fs";
import { natsConfiguration } from "../src/nats-configuration.ts";

/** Generates `deploy/nats/nats-server.conf` from the contracts. With `--check` it fails if stale. */
const file = new URL("../../../deploy/nats/nats-server.conf", import.meta.url);
const wanted = `# Generated from packages/contracts by 'pnpm generate'. Do not edit.\n${natsConfiguration("secrets/passwords.conf")}`;
if (!process.argv.includes("--check")) writeFileSync(file, wanted);
else if (readFileSync(file, "utf8") !== wanted) {
  process.stderr.write(
    "deploy/nats/nats-server.conf is stale. Run 'pnpm generate' and commit the result.\n",
  );
  process.exitCode = 1;
}
