import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runProcess } from "@honua/service-kit";
import { createOperationsListener } from "./api/operations-listener.ts";
import type { WorkerRole } from "./service.ts";
import { gatewaySettings, operationsAddress } from "./settings.ts";
import { createWorkerPool } from "./workers/worker-pool.ts";
import { workersReport } from "./workers/workers-report.ts";

/** Tells a worker on which port others serve already. */
const SHARED_PORT = "HONUA_WORKER_SHARED_PORT";

const { workers } = parseArgs({ options: { workers: { type: "string" } } }).values;
if (workers !== undefined) process.env.GitOps__Workers = workers;

await runProcess({
  service: "gis-gateway",
  settings: gatewaySettings,
  async compose(context) {
    const { settings, instance, log, certificate } = context;
    const { Workers } = settings.GitOps;
    const count = Workers === "auto" ? availableParallelism() : Workers;
    if (cluster.isPrimary && count > 1) {
      // Each worker is a gateway of its own to the others, which wait for every one of them.
      const pool = createWorkerPool({
        count,
        log,
        fork: ({ number, sharedPort = "" }) =>
          cluster.fork({
            HONUA_INSTANCE: `${instance}-${number}`,
            [SHARED_PORT]: sharedPort,
            HONUA_SUPERVISED: "",
          }),
      });
      // Only this process outlives its workers, so that no restart of a worker closes the listener.
      const operations = createOperationsListener({
        ...operationsAddress(settings),
        ...workersReport(pool),
        certificate,
        log,
      });
      return {
        async start() {
          await operations.start();
          await pool.start();
        },
        stop: async () => void (await Promise.all([pool.stop(), operations.stop()])),
      };
    }
    // Loaded only here, because a process that starts workers needs none of it.
    const { composeGateway } = await import("./compose-gateway.ts");
    return composeGateway(context, cluster.isWorker ? workerRole(count) : undefined);
  },
});

function workerRole(of: number): WorkerRole {
  const { [SHARED_PORT]: sharedPort } = process.env;
  return {
    of,
    ...(sharedPort ? { sharedPort: Number(sharedPort) } : {}),
    primary: {
      // The primary may be gone already; then this process ends as well.
      send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
      receive: (listener) => void process.on("message", listener),
    },
  };
}
