import { z } from "zod";
import { commitId, environmentName, instant } from "../environment.ts";

/** How far the watcher has come in one environment; a hint, never the truth. */
export const watchCursor = z.object({
  environment: environmentName,
  repository: z.string(),
  branch: z.string(),
  commit: commitId,
  treeHash: z.string(),
  at: instant,
});
export type WatchCursor = z.infer<typeof watchCursor>;
