import { z } from "zod";
import { defineCall } from "../define.ts";

export const approvalsStatus = defineCall("approvals.status", {
  summary: "Whether people can decide.",
  request: z.object({}),
  response: z.object({}).describe("that there is an answer says it"),
});
