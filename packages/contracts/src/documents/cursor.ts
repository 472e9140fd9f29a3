import { z } from "zod";
import { commitId, environmentName, instant } from "../environment.ts";

/** Position of the watcher in one environment. It is a hint: state is authoritative. */
export const watchCursor = z.object({
  environment: environmentName,
  repository: z.string(),
  branch: z.string(),
  commit: commitId,
  treeHash: z.string(),
  at: instant,
});
export type WatchCursor = z.infer<typeof watchCursor>;
