import { runProcess, systemClock } from "@honua/service-kit";
import { createStateService } from "./service.ts";
import { stateSettings } from "./settings.ts";

await runProcess({
  service: "state",
  settings: stateSettings,
  compose: ({ settings, instance, log, connectBus, telemetry }) =>
    createStateService({
      settings,
      instance,
      log,
      clock: systemClock,
      connectBus,
      metrics: telemetry.metrics,
    }),
});
