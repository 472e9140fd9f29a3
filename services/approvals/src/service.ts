import { ERROR_CODES } from "@honua/contracts";
import {
  type Bus,
  createHttpService,
  faultOfBus,
  type HttpCertificate,
  type HttpService,
  type Log,
  TransientError,
} from "@honua/service-kit";
import { approvalRoutes } from "./http/approval-routes.ts";
import { openapiDocument } from "./http/openapi.ts";
import type { ApprovalsSettings } from "./settings.ts";

export interface ApprovalsServiceDeps {
  settings: Pick<ApprovalsSettings, "HOST" | "PORT" | "GitOps">;
  log: Log;
  connectBus: () => Promise<Bus>;
  busFault?: () => string | undefined;
  certificate?: HttpCertificate | undefined;
  metrics?: (write: (text: string) => void) => Promise<void>;
}

/**
 * The approvals service. It keeps nothing: every answer comes from state, and without it nothing
 * is approved. HTTP listens before the bus is joined, so that `/health/ready` can say so.
 */
export function createApprovalsService(deps: ApprovalsServiceDeps): HttpService {
  const { settings, log } = deps;
  const { Tokens: tokens } = settings.GitOps;
  let joined: Bus | undefined;
  const bus = () => {
    if (joined?.isConnected()) return joined;
    throw new TransientError(ERROR_CODES.unavailable, "the message bus is not connected");
  };
  const openapi = openapiDocument();
  const http = createHttpService({
    host: settings.HOST,
    port: settings.PORT,
    certificate: deps.certificate,
    log,
    checks: {
      messageBus: () => faultOfBus(joined, deps.busFault),
    },
    ...(deps.metrics ? { metrics: deps.metrics } : {}),
    routes(app) {
      app.get("/api/openapi.json", (_request, response) => {
        response.json(openapi);
      });
      app.use("/api/gitops/approvals", approvalRoutes({ bus, tokens, log }));
    },
  });
  return {
    port: http.port,
    async start() {
      await http.start();
      joined = await deps.connectBus();
      if (tokens.length === 0) {
        log.warn("No token is configured in GitOps:Tokens: nobody can approve anything");
      }
      log.info(`Approvals service started on port ${http.port()}`);
    },
    stop: () => http.stop(),
  };
}
