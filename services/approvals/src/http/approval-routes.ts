import {
  approveBody,
  environmentName,
  getDeployment,
  listAwaitingApproval,
  rejectBody,
  sequenceCursor,
} from "@honua/contracts";
import {
  type AcceptedTokens,
  type Bus,
  type Log,
  type Principal,
  principalOf,
  requireRole,
} from "@honua/service-kit";
import express, { type NextFunction, type Request, type Response, Router } from "express";
import { z } from "zod";
import { deciderOf } from "../decisions/decider.ts";
import { recordDenial } from "../decisions/record-denial.ts";
import { decide } from "../decisions/submit-decision.ts";
import type { TeamsOf } from "../decisions/teams.ts";
import { approvalOf, pendingApprovalOf } from "./approval-documents.ts";

export interface ApprovalApiDeps {
  /** @throws TransientError `unavailable` while the bus was not joined yet */
  bus: () => Bus;
  tokens: AcceptedTokens;
  teamsOf: TeamsOf;
  log: Log;
}

/** Query of the list of what waits. */
export const pendingQuery = z
  .object({
    environment: environmentName.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: sequenceCursor.optional().describe("the 'next' of the page before"),
  })
  .strict();

const pathOfDeployment = z.object({ deploymentId: z.string().min(1).max(200) });

/** Records who tried to decide and may not; the answer is left to the next handler. */
function denials(deps: Pick<ApprovalApiDeps, "bus" | "log">) {
  return async (error: unknown, request: Request, response: Response, next: NextFunction) => {
    const [, id, verb] = /^\/([^/]+)\/(approve|reject)\/?$/.exec(request.path) ?? [];
    if (id === undefined) return next(error);
    await recordDenial(deps, {
      deploymentId: id,
      principal: response.locals.principal as Principal | undefined,
      approver: approverOf(request.body),
      choice: verb === "approve" ? "approved" : "rejected",
      error,
    });
    next(error);
  };
}

/** The body may not have been looked at when the request was denied. */
function approverOf(body: unknown): string | undefined {
  const parsed = approveBody.pick({ approver: true }).strip().safeParse(body);
  return parsed.success ? parsed.data.approver : undefined;
}

/** What waits for people, and their decisions. */
export function approvalRoutes(deps: ApprovalApiDeps): Router {
  const { bus, log, tokens } = deps;
  const router = Router();
  const view = requireRole(tokens, "viewer");
  const approve = requireRole(tokens, "approver");
  // A body is JSON whatever its Content-Type says: ignoring a plan digest would be worse.
  const json = express.json({ limit: "64kb", type: () => true });

  router.get("/pending", view, async (request, response) => {
    const page = pendingQuery.parse(request.query);
    const { deployments, next } = await bus().call(listAwaitingApproval, page);
    const items = deployments.map(pendingApprovalOf).filter((item) => item !== undefined);
    response.json({ items, next });
  });

  router.get("/:deploymentId", view, async (request, response) => {
    const { deploymentId } = pathOfDeployment.parse(request.params);
    response.json(approvalOf(await bus().call(getDeployment, { deploymentId })));
  });

  const decision = (
    outcome: "approved" | "rejected",
    body: typeof approveBody | typeof rejectBody,
  ) => {
    return async (request: Request, response: Response) => {
      const { deploymentId } = pathOfDeployment.parse(request.params);
      const { approver, reason, planDigest } = body.parse(request.body ?? {});
      const decider = deciderOf(principalOf(response), approver, deps.teamsOf);
      const choice = { outcome, decider, reason, planDigest };
      response.json(approvalOf(await decide({ bus: bus(), log }, deploymentId, choice)));
    };
  };
  router.post("/:deploymentId/approve", approve, json, decision("approved", approveBody));
  router.post("/:deploymentId/reject", approve, json, decision("rejected", rejectBody));
  router.use(denials({ bus, log }));
  return router;
}
