import {
  approveBody,
  environmentName,
  getDeployment,
  listAwaitingApproval,
  rejectBody,
  sequenceCursor,
} from "@honua/contracts";
import {
  type Bus,
  type Log,
  type Principal,
  principalOf,
  requireRole,
  type TokenVerifier,
} from "@honua/service-kit";
import express, { type NextFunction, type Request, type Response, Router } from "express";
import { z } from "zod";
import { deciderOf } from "../decisions/decider.ts";
import { recordDenial } from "../decisions/record-denial.ts";
import { submitDecision } from "../decisions/submit-decision.ts";
import type { TeamsOf } from "../decisions/teams.ts";
import { approvalOf, pendingApprovalOf } from "./approval-documents.ts";

export interface ApprovalApiDeps {
  /** @throws TransientError `unavailable` while the bus is not connected */
  bus: () => Bus;
  tokens: TokenVerifier;
  teamsOf: TeamsOf;
  log: Log;
}

/** Query parameters of the list of pending approvals. */
export const pendingQuery = z
  .object({
    environment: environmentName.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    cursor: sequenceCursor.optional().describe("the `next` of the previous page"),
  })
  .strict();

const pathOfDeployment = z.object({ deploymentId: z.string().min(1).max(200) });

/** Records a denied decision, then passes the error to the next handler, which responds. */
function denialRecorder(deps: Pick<ApprovalApiDeps, "bus" | "log">) {
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

/** Parses the body again, because a request may be denied before its body is parsed. */
function approverOf(body: unknown): string | undefined {
  const parsed = approveBody.pick({ approver: true }).strip().safeParse(body);
  return parsed.success ? parsed.data.approver : undefined;
}

/** The routes of pending approvals and decisions. */
export function approvalRoutes(deps: ApprovalApiDeps): Router {
  const { bus, log, tokens } = deps;
  const router = Router();
  const view = requireRole(tokens, "viewer");
  const approve = requireRole(tokens, "approver");
  // Bodies are parsed as JSON for every Content-Type, because a plan digest must never be ignored.
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

  const decisionHandler = (
    outcome: "approved" | "rejected",
    body: typeof approveBody | typeof rejectBody,
  ) => {
    return async (request: Request, response: Response) => {
      const { deploymentId } = pathOfDeployment.parse(request.params);
      const { approver, reason, planDigest } = body.parse(request.body ?? {});
      const decider = deciderOf(principalOf(response), approver, deps.teamsOf);
      const decision = { outcome, decider, reason, planDigest };
      response.json(approvalOf(await submitDecision({ bus: bus(), log }, deploymentId, decision)));
    };
  };
  router.post("/:deploymentId/approve", approve, json, decisionHandler("approved", approveBody));
  router.post("/:deploymentId/reject", approve, json, decisionHandler("rejected", rejectBody));
  router.use(denialRecorder({ bus, log }));
  return router;
}
