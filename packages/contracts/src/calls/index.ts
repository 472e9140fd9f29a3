import { approvalsStatus } from "./approvals.ts";
import { recordDryRun } from "./dry-run.ts";
import { prepareRelease } from "./gateway.ts";
import * as state from "./state.ts";
import { pollNow, watcherStatus } from "./watcher.ts";

export * from "./approvals.ts";
export * from "./dry-run.ts";
export * from "./gateway.ts";
export * from "./state.ts";
export * from "./watcher.ts";

const { environmentOverview: _document, ...stateCalls } = state;

/** Every call between services. */
export const allCalls = [
  ...Object.values(stateCalls),
  recordDryRun,
  prepareRelease,
  pollNow,
  watcherStatus,
  approvalsStatus,
] as const;
