import { runProcess, systemClock } from "@honua/service-kit";
import { createStateService } from "./service.ts";
import { stateSettings } from "./settings.ts";

await runProcess({
  service: "state",
  settings: stateSettings,
  compose: ({ settings, instance, log, connectBus, busFault, certificate, telemetry }) =>
    createStateService({
      settings,
      instance,
      log,
      clock: systemClock,
      connectBus,
      busFault,
      certificate,
      metrics: telemetry.metrics,
    }),
});
