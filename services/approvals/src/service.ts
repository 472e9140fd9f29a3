import {
  type Bus,
  createHttpService,
  createTokenVerifier,
  type HttpCertificate,
  type HttpService,
  type Log,
  type Stop,
  TransientError,
} from "@honua/service-kit";
import { ApprovalFileWatcher } from "./approval-files/approval-file-watcher.ts";
import { createTeams } from "./decisions/teams.ts";
import { approvalRoutes } from "./http/approval-routes.ts";
import { openapiDocument } from "./http/openapi.ts";
import { readinessChecks } from "./http/readiness.ts";
import { createNotifier, type Notifier, type NotifierTimeouts } from "./notifications/notifier.ts";
import { serveStatus } from "./rpc/serve-status.ts";
import type { ApprovalsSettings } from "./settings.ts";

export interface ApprovalsServiceDeps {
  settings: Pick<ApprovalsSettings, "HOST" | "PORT" | "GitOps">;
  /** Identifies this process among those that share the notifications. */
  instance?: string;
  log: Log;
  connectBus: () => Promise<Bus>;
  busFault?: () => string | undefined;
  certificate?: HttpCertificate | undefined;
  timeouts?: NotifierTimeouts;
  metrics?: (write: (text: string) => void) => Promise<void>;
}

const APPROVAL_FILES_INTERVAL_MS = 2_000;

/**
 * The approvals service. It stores nothing: state judges and records every decision, and while state is
 * unavailable nothing is approved. The HTTP server starts before the bus connection, so that
 * `/health/ready` can report why the bus is unavailable.
 */
export function createApprovalsService(deps: ApprovalsServiceDeps): HttpService {
  const { settings, log } = deps;
  const { ApprovalDirectory: directory, Notifications: notifications } = settings.GitOps;
  const tokens = createTokenVerifier(settings.GitOps);
  const teamsOf = createTeams(settings.GitOps.Teams);
  let joined: Bus | undefined;
  let notifier: Notifier | undefined;
  let stopServing: Stop | undefined;
  let files: ApprovalFileWatcher | undefined;
  const channels = () => notifier?.status() ?? [];
  const bus = () => {
    if (joined?.isConnected()) return joined;
    throw new TransientError("unavailable", "the message bus is not connected");
  };
  const openapi = openapiDocument();
  const http = createHttpService({
    host: settings.HOST,
    port: settings.PORT,
    certificate: deps.certificate,
    log,
    checks: readinessChecks({
      bus: () => joined,
      busFault: deps.busFault,
      channels: notifications.length > 0 ? channels : undefined,
      fileFault: directory === undefined ? undefined : () => files?.fault(),
    }),
    ...(deps.metrics ? { metrics: deps.metrics } : {}),
    routes(app) {
      app.get("/api/openapi.json", (_request, response) => {
        response.json(openapi);
      });
      app.use("/api/gitops/approvals", approvalRoutes({ bus, tokens, teamsOf, log }));
    },
  });
  return {
    port: http.port,
    async start() {
      await http.start();
      joined = await deps.connectBus();
      await startNotifier(joined);
      stopServing = serveStatus(joined, channels);
      await startFileWatcher(joined);
      if (!tokens.isConfigured && directory === undefined) {
        log.warn("Neither GitOps:Tokens nor GitOps:Oidc is configured: every decision is denied");
      }
      log.info(`Approvals service started on port ${http.port()}`);
    },
    async stop() {
      await http.stop();
      await files?.stop();
      await notifier?.stop();
      await stopServing?.();
    },
  };

  async function startNotifier(connected: Bus): Promise<void> {
    notifier = createNotifier({
      channels: notifications,
      bus: connected,
      instance: deps.instance ?? "approvals",
      now: () => new Date(),
      log,
      ...(deps.timeouts ? { timeouts: deps.timeouts } : {}),
    });
    await notifier.start();
  }

  async function startFileWatcher(connected: Bus): Promise<void> {
    if (directory === undefined) return;
    files = new ApprovalFileWatcher({
      directory,
      owners: settings.GitOps.ApprovalOwners,
      teamsOf,
      bus: connected,
      intervalMs: APPROVAL_FILES_INTERVAL_MS,
      log,
    });
    await files.start();
    log.info(`Approval files are accepted in ${directory}, as decisions of their owners`);
  }
}
