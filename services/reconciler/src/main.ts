import { runProcess, systemClock } from "@honua/service-kit";
import { createReconcilerService } from "./service.ts";
import { reconcilerSettings } from "./settings.ts";

await runProcess({
  service: "reconciler",
  settings: reconcilerSettings,
  compose: async ({ settings, instance, log, telemetry, connectBus }) =>
    createReconcilerService({
      settings,
      instance,
      log,
      telemetry,
      clock: systemClock,
      bus: await connectBus(),
    }),
});
