import { runProcess } from "@honua/service-kit";
import { createWatcherService } from "./service.ts";
import { watcherSettings } from "./settings.ts";

await runProcess({
  service: "watcher",
  settings: watcherSettings,
  compose: ({ settings, log, connectBus, busFault, certificate, telemetry }) =>
    createWatcherService({
      settings,
      log,
      connectBus,
      busFault,
      certificate,
      surroundings: process.env,
      metrics: telemetry.metrics,
    }),
});
