import type {
  ChannelStatus,
  GatewayStatus,
  GitopsHealth,
  Health,
  SourceStatus,
} from "@honua/contracts";

/** The observed status of all components. */
export interface HealthFacts {
  store: boolean;
  bus: boolean;
  /** Undefined: the watcher does not respond. */
  sources: SourceStatus[] | undefined;
  /** Undefined: unknown, because the bus is unavailable. */
  gateways: GatewayStatus[] | undefined;
  /** The notification channels; undefined: the approvals service does not respond. */
  channels: ChannelStatus[] | undefined;
  /** Environments blocked by a dead letter. */
  blockedEnvironments: string[];
  /** Environments with a live release. */
  liveEnvironments: string[];
  lastReconciliation: Date | undefined;
}

const FROM_BEST_TO_WORST: readonly Health[] = [
  "Healthy",
  "Unknown",
  "Progressing",
  "Degraded",
  "Unhealthy",
];

/** The health of the system, which is that of its worst component. */
export function gitopsHealth(facts: HealthFacts): GitopsHealth {
  const components: Record<string, Health> = {
    GitWatcher: facts.sources && !stoppedPolling(facts.sources) ? "Healthy" : "Unhealthy",
    GitRepository: facts.sources
      ? worstHealth(facts.sources.map(({ status }) => status))
      : "Unknown",
    DeploymentStateStore: facts.store ? "Healthy" : "Unhealthy",
    ...(facts.channels?.length
      ? { Notifications: worstHealth(facts.channels.map(({ status }) => status)) }
      : {}),
    Gateways: gatewaysHealth(facts),
    MessageBus: facts.bus ? "Healthy" : "Unhealthy",
    Approvals: facts.channels ? "Healthy" : facts.bus ? "Unhealthy" : "Unknown",
    Lanes: lanesHealth(facts),
  };
  const reasons = componentReasons(facts, components);
  return {
    status: worstHealth(Object.values(components)),
    components,
    ...(Object.keys(reasons).length > 0 ? { reasons } : {}),
    lastReconciliation: facts.lastReconciliation?.toISOString() ?? null,
    nextPoll: earliestInstant((facts.sources ?? []).map(({ nextPoll }) => nextPoll)),
  };
}

/** The reason, in one line, for each component that is not healthy. */
function componentReasons(
  facts: HealthFacts,
  components: Readonly<Record<string, Health>>,
): Record<string, string> {
  const known: Record<string, string> = {
    GitWatcher: facts.sources
      ? "the watcher has stopped polling; see GitRepository"
      : "the watcher does not respond",
    GitRepository: (facts.sources ?? [])
      .flatMap(({ environment, reason }) => (reason ? [`${environment}: ${reason}`] : []))
      .join("; "),
    DeploymentStateStore: "the state database does not respond",
    Gateways: gatewayFaults(facts).join("; "),
    MessageBus: "the state service is not connected to nats-server",
    Approvals: "the approvals service does not respond",
    Notifications: (facts.channels ?? [])
      .flatMap(({ name, reason }) => (reason ? [`${name}: ${reason}`] : []))
      .join("; "),
  };
  return Object.fromEntries(
    Object.entries(known).filter(
      ([name, reason]) => reason !== "" && /^(Unhealthy|Degraded)$/.test(components[name] ?? ""),
    ),
  );
}

/** Whether a poll is hanging or did not start in time (`watcher/src/watch/overdue-poll.ts`). */
function stoppedPolling(sources: readonly SourceStatus[]): boolean {
  return sources.some(({ code }) => code === "poll-overdue");
}

function gatewayFaults({ gateways = [], liveEnvironments }: HealthFacts): string[] {
  const served = new Set(gateways.map(({ environment }) => environment));
  const without = liveEnvironments.filter((environment) => !served.has(environment));
  return [
    ...without.map((environment) => `no gateway of ${environment} reports to the message bus`),
    ...gateways.flatMap(({ instance, activationError, collections }) => [
      ...(activationError?.problems ?? []).map(({ message }) => `${instance}: ${message}`),
      ...collections
        .filter(({ status }) => status === "Unhealthy")
        .map(({ collection, message }) => `${instance}: ${collection}: ${message ?? "fails"}`),
    ]),
  ];
}

function gatewaysHealth({ gateways, liveEnvironments }: HealthFacts): Health {
  if (!gateways) return "Unknown";
  const served = new Set(gateways.map(({ environment }) => environment));
  if (liveEnvironments.some((environment) => !served.has(environment))) return "Unhealthy";
  if (gateways.length === 0) return "Unknown";
  const isDegraded = gateways.some(
    ({ activationError, collections }) =>
      activationError !== null || collections.some(({ status }) => status === "Unhealthy"),
  );
  return isDegraded ? "Degraded" : "Healthy";
}

/** Blocked environments need an operator. Other environments are not affected. */
function lanesHealth({ store, blockedEnvironments }: HealthFacts): Health {
  if (!store) return "Unknown";
  return blockedEnvironments.length > 0 ? "Degraded" : "Healthy";
}

function worstHealth(all: readonly Health[]): Health {
  const rank = Math.max(...all.map((health) => FROM_BEST_TO_WORST.indexOf(health)), -1);
  return FROM_BEST_TO_WORST[rank] ?? "Unknown";
}

function earliestInstant(instants: readonly (string | null)[]): string | null {
  const known = instants.filter((instant) => instant !== null).map((text) => Date.parse(text));
  return known.length > 0 ? new Date(Math.min(...known)).toISOString() : null;
}
