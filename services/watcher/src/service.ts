import {
  type Bus,
  type Clock,
  createHttpService,
  describeBusFault,
  type HttpCertificate,
  type Log,
  type Service,
  systemClock,
} from "@honua/service-kit";
import { createGit } from "./git/git.ts";
import { gitEnvironment } from "./git/git-environment.ts";
import { readinessChecks } from "./http/readiness.ts";
import { sourceRoutes } from "./http/source-routes.ts";
import { webhookRoutes } from "./http/webhook-routes.ts";
import type { WatcherSettings } from "./settings.ts";
import { createSignaturePolicy } from "./signatures/signature-policy.ts";
import { createTrustedKeys } from "./signatures/trusted-keys.ts";
import { createWatcher, type Watcher } from "./watch/watcher.ts";

export interface WatcherServiceDeps {
  settings: WatcherSettings;
  log: Log;
  connectBus: () => Promise<Bus>;
  busFault?: () => string | undefined;
  certificate?: HttpCertificate | undefined;
  /** Environment of this process, of which git receives only a few variables. */
  surroundings: Readonly<Record<string, string | undefined>>;
  /** Writes every metric in the Prometheus text format. */
  metrics: (write: (text: string) => void) => Promise<void>;
  clock?: Clock;
}

/** The watcher with its health endpoints and webhooks, which respond before the bus is connected. */
export function createWatcherService(deps: WatcherServiceDeps): Service {
  const { settings, log, connectBus, surroundings, metrics, clock = systemClock } = deps;
  const { Credentials, Webhooks } = settings.GitOps;
  const { mirrorsDirectory, sources } = settings;
  const credentials = {
    username: Credentials.Username,
    password: Credentials.Password,
    sshKeyPath: Credentials.SshKeyPath,
    knownHostsPath: Credentials.KnownHostsPath,
  };
  const { Watcher } = settings.GitOps;
  const signatures = createSignaturePolicy(
    Watcher.VerifySignatures,
    createTrustedKeys({
      files: {
        allowedSigners: Watcher.AllowedSignersFile,
        revokedSigners: Watcher.RevokedSignersFile,
        gpgKeys: Watcher.TrustedKeysFile,
      },
      home: mirrorsDirectory,
      path: surroundings.PATH,
    }),
  );
  let bus: Bus | undefined;
  let watcher: Watcher | undefined;
  let stopping = false;

  const http = createHttpService({
    host: settings.HOST,
    port: settings.PORT,
    certificate: deps.certificate,
    log,
    metrics,
    checks: readinessChecks({
      busFault: () => describeBusFault(bus, deps.busFault),
      statuses: () => watcher?.statuses,
    }),
    routes(app) {
      sourceRoutes(() => watcher?.statuses ?? [])(app);
      webhookRoutes({
        secrets: settings.webhookSecrets,
        perMinute: Webhooks.RequestsPerMinute,
        clock,
        log,
        onDelivery: () => watcher?.requestPoll(),
      })(app);
    },
  });

  return {
    async start() {
      await http.start();
      bus = await connectBus();
      if (stopping) return;
      watcher = createWatcher({
        sources,
        signatures,
        mirrorsDirectory,
        bus,
        log,
        git: (repository, stop) =>
          createGit({
            environment: gitEnvironment({
              repository,
              credentials,
              mirrorsDirectory,
              surroundings,
            }),
            stop,
          }),
      });
      await watcher.start();
    },
    async stop() {
      stopping = true;
      await Promise.all([watcher?.stop(), http.stop()]);
    },
  };
}
