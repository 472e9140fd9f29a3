import { type GitopsHealth, getGitopsHealth } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";

/** What the state service says of the whole system; all unknown while it says nothing. */
export async function askGitopsHealth(bus: Bus | undefined): Promise<GitopsHealth> {
  if (bus?.isConnected()) {
    try {
      return await bus.call(getGitopsHealth, {}, { timeoutMs: 2_000 });
    } catch {
      // Nobody answers, which is what the answer below says.
    }
  }
  return {
    status: "Unknown",
    components: {
      GitWatcher: "Unknown",
      GitRepository: "Unknown",
      DeploymentStateStore: "Unknown",
      MessageBus: bus?.isConnected() ? "Healthy" : "Unhealthy",
    },
    lastReconciliation: null,
    nextPoll: null,
  };
}
