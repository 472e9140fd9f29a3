import { hashToken } from "@honua/service-kit";
import type { ServiceName, StackPorts } from "./ports.ts";

/** What the services of a local stack are told. */
export interface StackSettings {
  home: string;
  environment: string;
  branch: string;
  repositoryUrl: string;
  token: string;
  natsUrl: string;
  databaseUrl: string;
  gisDatabaseUrl: string;
  ports: StackPorts;
  pollIntervalSeconds: number;
  /** Processes that each gateway consists of. */
  workers: number;
}

/**
 * The whole environment of one service process. Each is given only the secret that it owns: Git to
 * the watcher, the state database to state, the GIS database to the gateway.
 */
export function serviceEnvironment(
  service: ServiceName,
  instance: number,
  settings: StackSettings,
  inherited: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const ofTheMachine = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS"];
  const telemetry = Object.keys(inherited).filter((name) => name.startsWith("OTEL_"));
  const base: Record<string, string> = {};
  for (const name of [...ofTheMachine, ...telemetry]) {
    const value = inherited[name];
    if (value !== undefined) base[name] = value;
  }
  return {
    ...base,
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    // Further instances of a service take any free port; only the first one's is advertised.
    PORT: String(instance === 1 ? settings.ports[service] : 0),
    LOG_LEVEL: inherited.LOG_LEVEL ?? "info",
    NATS_URL: settings.natsUrl,
    HONUA_INSTANCE: `${service}-${instance}`,
    ...ownSettings(service, instance, settings),
  };
}

function ownSettings(
  service: ServiceName,
  instance: number,
  settings: StackSettings,
): Record<string, string> {
  const tokens = {
    GitOps__Tokens__0__Subject: "local",
    GitOps__Tokens__0__Sha256: hashToken(settings.token),
    GitOps__Tokens__0__Roles: "admin",
    GitOps__Tokens__0__Delegate: "true",
  };
  switch (service) {
    case "watcher":
      return {
        GitOps__RepositoryUrl: settings.repositoryUrl,
        // Two processes must not share their mirrors.
        GitOps__RepositoryPath: `${settings.home}/gitops-repo${instance === 1 ? "" : `-${instance}`}`,
        GitOps__AllowFileUrls: "true",
        GitOps__Watcher__Branch: settings.branch,
        GitOps__Watcher__Environment: settings.environment,
        GitOps__Watcher__PollIntervalSeconds: String(settings.pollIntervalSeconds),
      };
    case "reconciler":
      return {
        GitOps__ResyncIntervalSeconds: "10",
        // At the first start the gateway comes only after its database was filled.
        GitOps__PrepareTimeoutSeconds: "180",
      };
    case "approvals":
      return tokens;
    case "state":
      return {
        ...tokens,
        DATABASE_URL: settings.databaseUrl,
        GitOps__StateDirectory: `${settings.home}/deployments`,
      };
    case "gis-gateway":
      return {
        GitOps__Watcher__Environment: settings.environment,
        GitOps__GatewayDirectory: `${settings.home}/gateway`,
        GitOps__Workers: String(settings.workers),
        OPERATIONS_PORT: String(instance === 1 ? settings.ports.operations : 0),
        DB_CONNECTION_STRING: settings.gisDatabaseUrl,
      };
  }
}
