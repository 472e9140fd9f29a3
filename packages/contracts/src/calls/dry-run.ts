import { z } from "zod";
import { defineCall } from "../define.ts";
import { dryRun } from "../documents/dry-run.ts";

/** Records a dry run, once per request message. The environment does not change otherwise. */
export const recordDryRun = defineCall("state.record-dry-run", {
  summary: "Record what a commit would change.",
  request: dryRun.omit({ id: true, at: true, outcome: true }),
  response: z.object({ id: z.string() }),
});
