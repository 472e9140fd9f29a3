import { hashToken } from "@honua/service-kit";
import type { ServiceName, StackPorts } from "./ports.ts";

/** Settings from which the environments of all services are derived. */
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
  /** Number of worker processes of each gateway. */
  workers: number;
}

/**
 * Creates the complete environment of one service process. Least privilege: only the watcher receives
 * the Git URL, only state its database URL, and only the gateway the URL of the GIS database.
 */
export function serviceEnvironment(
  service: ServiceName,
  instance: number,
  settings: StackSettings,
  inherited: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const systemVariables = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "NODE_EXTRA_CA_CERTS"];
  const telemetry = Object.keys(inherited).filter((name) => name.startsWith("OTEL_"));
  const inheritedVariables: Record<string, string> = {};
  for (const name of [...systemVariables, ...telemetry]) {
    const value = inherited[name];
    if (value !== undefined) inheritedVariables[name] = value;
  }
  return {
    ...inheritedVariables,
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    // Further instances listen on any free port. Only the port of the first one is published.
    PORT: String(instance === 1 ? settings.ports[service] : 0),
    LOG_LEVEL: inherited.LOG_LEVEL ?? "info",
    NATS_URL: settings.natsUrl,
    HONUA_INSTANCE: `${service}-${instance}`,
    ...serviceSettings(service, instance, settings),
  };
}

function serviceSettings(
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
        // Two watcher processes must not share a mirror.
        GitOps__RepositoryPath: `${settings.home}/gitops-repo${instance === 1 ? "" : `-${instance}`}`,
        GitOps__AllowFileUrls: "true",
        GitOps__Watcher__Branch: settings.branch,
        GitOps__Watcher__Environment: settings.environment,
        GitOps__Watcher__PollIntervalSeconds: String(settings.pollIntervalSeconds),
      };
    case "reconciler":
      return {
        GitOps__ResyncIntervalSeconds: "10",
        // At the first start the gateway starts only after its database has been seeded.
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
