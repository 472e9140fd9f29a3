import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runProcess } from "@honua/service-kit";
import { createOperationsListener } from "./api/operations-listener.ts";
import type { WorkerRole } from "./service.ts";
import { gatewaySettings, operationsAddress } from "./settings.ts";
import { createWorkerPool } from "./workers/worker-pool.ts";
import { workersReport } from "./workers/workers-report.ts";

/** Variable with the port on which other workers already serve. */
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
      // The engine treats each worker as a separate gateway and waits for all of them.
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
      // The primary owns the listener, so that restarting a worker does not close it.
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
    // Imported here, because the primary does not need it.
    const { createGatewayProcess } = await import("./gateway-process.ts");
    return createGatewayProcess(context, cluster.isWorker ? workerRole(count) : undefined);
  },
});

function workerRole(count: number): WorkerRole {
  const { [SHARED_PORT]: sharedPort } = process.env;
  return {
    count,
    ...(sharedPort ? { sharedPort: Number(sharedPort) } : {}),
    primary: {
      // The primary may have exited already. This process then exits too.
      send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
      receive: (listener) => void process.on("message", listener),
    },
  };
}
