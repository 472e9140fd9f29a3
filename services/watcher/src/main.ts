import { runProcess } from "@honua/service-kit";
import { createWatcherService } from "./service.ts";
import { watcherSettings } from "./settings.ts";

await runProcess({
  service: "watcher",
  settings: watcherSettings,
  compose: ({ settings, log, connectBus, telemetry }) =>
    createWatcherService({
      settings,
      log,
      connectBus,
      surroundings: process.env,
      metrics: telemetry.metrics,
    }),
});
