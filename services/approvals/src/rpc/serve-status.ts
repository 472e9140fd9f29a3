import { approvalsStatus, type ChannelStatus } from "@honua/contracts";
import type { Bus, Stop } from "@honua/service-kit";

/** Serves the call `approvals.status`, by which state reads the health of the notification channels. */
export function serveStatus(bus: Bus, channels: () => ChannelStatus[]): Stop {
  return bus.serve(approvalsStatus, async () => ({ channels: channels() }));
}
