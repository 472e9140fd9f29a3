import * as commit from "./commit.ts";
import * as deployment from "./deployment.ts";
import { dryRunRecorded } from "./dry-run.ts";
import * as environment from "./environment.ts";

export * from "./commit.ts";
export * from "./deployment.ts";
export * from "./dry-run.ts";
export * from "./environment.ts";

/** Every kind of event that is on the bus. */
export const allEvents = [
  ...Object.values(commit),
  ...Object.values(deployment),
  ...Object.values(environment),
  dryRunRecorded,
] as const;
