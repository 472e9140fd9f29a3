import type { GitopsHealth } from "@honua/contracts";
import {
  createHttpService,
  type HttpCertificate,
  type HttpService,
  type Log,
  type ReadinessChecks,
} from "@honua/service-kit";
import { gitopsHealthStatus } from "./gitops-health.ts";

/** Address of the operations listener. */
export interface OperationsAddress {
  host: string;
  /** 0 selects a free port. */
  port: number;
}

/** Contents of the operations listener. With several workers, they cover all of them. */
export interface OperationsReport {
  checks: ReadinessChecks;
  metrics?: ((write: (text: string) => void) => Promise<void>) | undefined;
  gitopsHealth: () => GitopsHealth | Promise<GitopsHealth>;
}

/**
 * Serves `/metrics` and the health with reasons to operators. The public port serves neither, because
 * reasons name hosts and tables.
 */
export function createOperationsListener(
  options: OperationsAddress &
    OperationsReport & { certificate: HttpCertificate | undefined; log: Log },
): HttpService {
  const { host, port, certificate, log, checks, metrics } = options;
  const http = createHttpService({
    host,
    port,
    portSetting: "OPERATIONS_PORT",
    certificate,
    log,
    checks,
    ...(metrics ? { metrics } : {}),
    routes: (app) => {
      app.get("/health/gitops", async (_request, response) => {
        const health = await options.gitopsHealth();
        response.status(gitopsHealthStatus(health)).json(health);
      });
    },
  });
  return {
    port: http.port,
    stop: http.stop,
    async start() {
      await http.start();
      log.info({ host, port: http.port() }, "Serving metrics and health on the operations port");
    },
  };
}
