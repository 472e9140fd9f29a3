import { runProcess, systemClock } from "@honua/service-kit";
import { createReconcilerService } from "./service.ts";
import { reconcilerSettings } from "./settings.ts";

await runProcess({
  service: "reconciler",
  settings: reconcilerSettings,
  compose: ({ settings, instance, log, telemetry, connectBus, busFault, certificate }) =>
    createReconcilerService({
      settings,
      instance,
      log,
      telemetry,
      clock: systemClock,
      connectBus,
      busFault,
      certificate,
    }),
});
