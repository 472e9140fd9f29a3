import { approvalsStatus, type ChannelStatus, ERROR_CODES } from "@honua/contracts";
import {
  acceptTokens,
  type Bus,
  createHttpService,
  describeBusFault,
  type HttpCertificate,
  type HttpService,
  type Log,
  type Stop,
  TransientError,
} from "@honua/service-kit";
import {
  type ApprovalDirectory,
  createApprovalDirectory,
} from "./approval-files/approval-file-watcher.ts";
import { createTeams } from "./decisions/teams.ts";
import { approvalRoutes } from "./http/approval-routes.ts";
import { openapiDocument } from "./http/openapi.ts";
import { createNotifier, type Notifier, type NotifierPatience } from "./notifications/notifier.ts";
import type { ApprovalsSettings } from "./settings.ts";

export interface ApprovalsServiceDeps {
  settings: Pick<ApprovalsSettings, "HOST" | "PORT" | "GitOps">;
  /** Names this process among those that share the notifications. */
  instance?: string;
  log: Log;
  connectBus: () => Promise<Bus>;
  busFault?: () => string | undefined;
  certificate?: HttpCertificate | undefined;
  patience?: NotifierPatience;
  metrics?: (write: (text: string) => void) => Promise<void>;
}

const APPROVAL_FILES_INTERVAL_MS = 2_000;

/**
 * The approvals service. It keeps nothing: every answer comes from state, and without it nothing
 * is approved. HTTP listens before the bus is joined, so that `/health/ready` can say so.
 */
export function createApprovalsService(deps: ApprovalsServiceDeps): HttpService {
  const { settings, log } = deps;
  const tokens = acceptTokens(settings.GitOps);
  const teamsOf = createTeams(settings.GitOps.Teams);
  let joined: Bus | undefined;
  let notifier: Notifier | undefined;
  let stopAnswering: Stop | undefined;
  let files: ApprovalDirectory | undefined;
  const channels = () => notifier?.status() ?? [];
  const { ApprovalDirectory: directory, ApprovalOwners: owners } = settings.GitOps;
  const startFiles = async (bus: Bus) => {
    if (directory === undefined) return;
    files = createApprovalDirectory({
      directory,
      owners,
      teamsOf,
      bus,
      intervalMs: APPROVAL_FILES_INTERVAL_MS,
      log,
    });
    await files.start();
    log.info(`Approval files are accepted in ${directory}, as decisions of their owners`);
  };
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
      messageBus: () => describeBusFault(joined, deps.busFault),
      ...(settings.GitOps.Notifications.length > 0
        ? { notifications: () => troubleOf(channels()) }
        : {}),
      ...(directory === undefined ? {} : { approvalFiles: () => troubleOfFiles(files) }),
    },
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
      notifier = createNotifier({
        channels: settings.GitOps.Notifications,
        bus: joined,
        instance: deps.instance ?? "approvals",
        now: () => new Date(),
        log,
        ...(deps.patience ? { patience: deps.patience } : {}),
      });
      await notifier.start();
      stopAnswering = joined.serve(approvalsStatus, async () => ({ channels: channels() }));
      await startFiles(joined);
      if (!tokens.some && directory === undefined) {
        log.warn(
          "Neither GitOps:Tokens nor GitOps:Oidc is configured: nobody can approve anything",
        );
      }
      log.info(`Approvals service started on port ${http.port()}`);
    },
    async stop() {
      await http.stop();
      await files?.stop();
      await notifier?.stop();
      await stopAnswering?.();
    },
  };
}

/** Without the directory people can still decide over HTTP. */
function troubleOfFiles(files: ApprovalDirectory | undefined): { degraded: string } | undefined {
  const fault = files?.fault();
  return fault === undefined ? undefined : { degraded: fault };
}

/** A channel that fails is nothing that this service could not do its work without. */
function troubleOf(channels: ChannelStatus[]): { degraded: string } | undefined {
  const failing = channels.filter(({ status }) => status === "Degraded");
  if (failing.length === 0) return undefined;
  const told = failing.map(
    ({ name, waiting, reason }) => `${name}: ${reason} (${waiting} waiting)`,
  );
  return { degraded: told.join("; ") };
}
