import {
  approvalsStatus,
  type GitopsHealth,
  gatewaysBucket,
  watcherStatus,
} from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import type { Database, Reader } from "../database/database.ts";
import { gitopsHealth } from "./gitops-health.ts";
import { tryWithTimeout } from "./try-with-timeout.ts";

/** Milliseconds after which a component counts as unavailable. */
const TIMEOUT_MS = 2_000;

/** Queries all components concurrently. A component that does not respond in time is unavailable. */
export async function readGitopsHealth(deps: {
  database: () => Database;
  bus: () => Bus | undefined;
}): Promise<GitopsHealth> {
  const bus = deps.bus();
  const [stored, sources, approvals, gateways] = await Promise.all([
    tryWithTimeout(TIMEOUT_MS, async () => deps.database().read(readStoreFacts)),
    tryWithTimeout(TIMEOUT_MS, async () => {
      const status = await bus?.call(watcherStatus, {}, { timeoutMs: TIMEOUT_MS });
      return status?.sources;
    }),
    tryWithTimeout(TIMEOUT_MS, async () =>
      bus?.call(approvalsStatus, {}, { timeoutMs: TIMEOUT_MS }),
    ),
    tryWithTimeout(TIMEOUT_MS, async () => (await bus?.bucket(gatewaysBucket))?.list(">")),
  ]);
  return gitopsHealth({
    store: stored !== undefined,
    bus: bus?.isConnected() ?? false,
    sources,
    channels: approvals?.channels,
    gateways: gateways?.map(({ value }) => value),
    blockedEnvironments: stored?.blockedEnvironments ?? [],
    liveEnvironments: stored?.liveEnvironments ?? [],
    lastReconciliation: stored?.lastReconciliation,
  });
}

async function readStoreFacts(reader: Reader) {
  const live = await reader
    .selectFrom("environments")
    .select("name")
    .where("live_deployment_id", "is not", null)
    .execute();
  const blocked = await reader
    .selectFrom("environments")
    .select("name")
    .where("blocked", "is not", null)
    .execute();
  const last = await reader
    .selectFrom("deployments")
    .select("completed_at")
    .where("completed_at", "is not", null)
    .orderBy("completed_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return {
    blockedEnvironments: blocked.map(({ name }) => name),
    liveEnvironments: live.map(({ name }) => name),
    lastReconciliation: last?.completed_at ?? undefined,
  };
}
