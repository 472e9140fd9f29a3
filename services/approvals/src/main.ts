import { runProcess } from "@honua/service-kit";
import { createApprovalsService } from "./service.ts";
import { approvalsSettings } from "./settings.ts";

await runProcess({
  service: "approvals",
  settings: approvalsSettings,
  compose: ({ settings, instance, log, connectBus, telemetry }) =>
    createApprovalsService({ settings, instance, log, connectBus, metrics: telemetry.metrics }),
});
