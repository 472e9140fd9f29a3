import type { ChannelStatus } from "@honua/contracts";
import { type Bus, describeBusFault, type ReadinessChecks } from "@honua/service-kit";

/**
 * The readiness checks of the service. A failing channel or approval directory only degrades it, because
 * decisions over HTTP still work.
 *
 * @param deps.channels undefined: no notifications are configured
 * @param deps.fileFault undefined: no approval directory is configured
 */
export function readinessChecks(deps: {
  bus: () => Bus | undefined;
  busFault: (() => string | undefined) | undefined;
  channels: (() => ChannelStatus[]) | undefined;
  fileFault: (() => string | undefined) | undefined;
}): ReadinessChecks {
  const { bus, busFault, channels, fileFault } = deps;
  return {
    messageBus: () => describeBusFault(bus(), busFault),
    ...(channels ? { notifications: () => degradedBy(channelFaults(channels())) } : {}),
    ...(fileFault ? { approvalFiles: () => degradedBy(fileFault()) } : {}),
  };
}

function degradedBy(fault: string | undefined): { degraded: string } | undefined {
  return fault === undefined ? undefined : { degraded: fault };
}

function channelFaults(channels: readonly ChannelStatus[]): string | undefined {
  const failing = channels.filter(({ status }) => status === "Degraded");
  if (failing.length === 0) return undefined;
  return failing
    .map(({ name, waiting, reason }) => `${name}: ${reason} (${waiting} waiting)`)
    .join("; ");
}
