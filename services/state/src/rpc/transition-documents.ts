import type { transitionDeployment } from "@honua/contracts";
import { type Bus, HonuaError, type ObjectStoreClient } from "@honua/service-kit";
import type { z } from "zod";
import type { TransitionDocuments } from "../deployments/transition-deployment.ts";

/** Downloads the plan and the release that a transition refers to from the object store. */
export async function readTransitionDocuments(
  bus: Bus,
  request: z.output<typeof transitionDeployment.request>,
): Promise<TransitionDocuments> {
  const facts = [request, ...request.further].map((step) => step.facts);
  const plan = facts.findLast((found) => found.plan)?.plan?.omitted?.document;
  const release = facts.findLast((found) => found.release)?.release;
  return {
    plan: plan && (await (await bus.objects("plans")).get(plan)),
    release: release && (await readObjectIfPresent(await bus.objects("releases"), release)),
  };
}

/** Reads an object; undefined if the object store has lost it. */
async function readObjectIfPresent(
  objects: ObjectStoreClient,
  digest: string,
): Promise<string | undefined> {
  try {
    return await objects.get(digest);
  } catch (error) {
    if (error instanceof HonuaError && error.code === "object-missing") return undefined;
    throw error;
  }
}
