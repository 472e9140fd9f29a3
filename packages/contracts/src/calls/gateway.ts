import { z } from "zod";
import { defineCall } from "../define.ts";
import { prepareResult } from "../documents/gateway.ts";
import { sha256 } from "../environment.ts";

export const prepareRelease = defineCall("gateway.prepare", {
  summary: "Load a release and check it against its databases, without serving it.",
  request: z.object({ release: sha256, deploymentId: z.string() }),
  response: prepareResult,
  addressed: true,
});
