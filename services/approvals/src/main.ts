import { runProcess } from "@honua/service-kit";
import { createApprovalsService } from "./service.ts";
import { approvalsSettings } from "./settings.ts";

await runProcess({
  service: "approvals",
  settings: approvalsSettings,
  compose: ({ settings, instance, log, connectBus, busFault, certificate, telemetry }) =>
    createApprovalsService({
      settings,
      instance,
      log,
      connectBus,
      busFault,
      certificate,
      metrics: telemetry.metrics,
    }),
});
