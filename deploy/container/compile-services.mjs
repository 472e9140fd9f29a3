// Loads every service once, so that Node stores the compiled modules in NODE_COMPILE_CACHE.
import { spawnSync } from "node:child_process";

for (const service of ["approvals", "gis-gateway", "reconciler", "state", "watcher"]) {
  const load = `await import("/app/services/${service}/src/service.ts")`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", load], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
