import * as contracts from "@honua/contracts";
import {
  type Bus,
  type Clock,
  HonuaError,
  type Log,
  type ObjectStoreClient,
  type Stop,
} from "@honua/service-kit";
import type { z } from "zod";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import { refuseCommit } from "../commits/refused-commits.ts";
import type { Database } from "../database/database.ts";
import { keepDeadLetter } from "../dead-letters/record-dead-letter.ts";
import { decideOnRecord, recordDenial } from "../decisions/audited-decisions.ts";
import { readSituation } from "../deployments/environment-overview.ts";
import { open } from "../deployments/open-deployment.ts";
import { readAwaitingApproval, readDeployment } from "../deployments/read-deployments.ts";
import { note } from "../deployments/record-waiting.ts";
import { type TransitionDocuments, transition } from "../deployments/transition-deployment.ts";
import { record } from "../dry-runs/record-dry-run.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import { noteCommit, observeEnvironment } from "../environments/observe-environment.ts";
import { readGitopsHealth } from "../health/read-gitops-health.ts";
import { keepRelease, offerKeptRelease } from "../releases/stored-releases.ts";
import { readEnvironmentNames, readStateDocument } from "../state-document/state-document.ts";

/** What the calls work with. */
export interface CallDeps {
  database: Database;
  changeEnvironment: ChangeEnvironment;
  recordAttempt: RecordAttempt;
  clock: Clock;
  log: Log;
}

/**
 * Answers every call of this service.
 *
 * @returns stops answering, once the calls under way have been answered
 */
export function serveCalls(bus: Bus, deps: CallDeps): Stop {
  const { database, changeEnvironment } = deps;
  const { read, snapshot } = database;
  const served = [
    bus.serve(contracts.openDeployment, (request) => open(deps, request)),
    bus.serve(contracts.transitionDeployment, async (request) =>
      transition(deps, request, await documentsOf(bus, request)),
    ),
    bus.serve(contracts.recordDryRun, (request) => record(deps, request)),
    bus.serve(contracts.noteWaiting, (request) => note(deps, request)),
    bus.serve(contracts.recordDecision, (request) => decideOnRecord(deps, request)),
    bus.serve(contracts.recordDeniedDecision, async (request) => {
      await recordDenial(deps, request);
      return {};
    }),
    bus.serve(contracts.storeRelease, async (request) =>
      keepRelease({ ...deps, objects: await bus.objects("releases") }, request),
    ),
    bus.serve(contracts.offerRelease, async ({ digest }) =>
      offerKeptRelease({ database, objects: await bus.objects("releases") }, digest),
    ),
    bus.serve(contracts.getDeployment, ({ deploymentId }) =>
      read((reader) => readDeployment(reader, deploymentId)),
    ),
    bus.serve(contracts.getSituation, ({ environment }) =>
      read((reader) => readSituation(reader, environment)),
    ),
    bus.serve(contracts.listEnvironments, async () => ({
      environments: await read((reader) => readEnvironmentNames(reader)),
    })),
    bus.serve(contracts.getEnvironmentState, ({ environment }) =>
      snapshot((reader) => readStateDocument(reader, environment)),
    ),
    bus.serve(contracts.reportObservation, (request) =>
      observeEnvironment(changeEnvironment, request),
    ),
    bus.serve(contracts.recordCommitSeen, async (request) => {
      await noteCommit(changeEnvironment, request);
      return {};
    }),
    bus.serve(contracts.recordCommitRefused, async (request) => {
      await refuseCommit(deps, request);
      return {};
    }),
    bus.serve(contracts.listAwaitingApproval, (request) =>
      read((reader) => readAwaitingApproval(reader, request)),
    ),
    bus.serve(contracts.recordDeadLetter, async (request) => {
      await keepDeadLetter(deps, request);
      return {};
    }),
    bus.serve(contracts.getGitopsHealth, () =>
      readGitopsHealth({ database: () => database, bus: () => bus }),
    ),
  ];
  return async () => {
    await Promise.all(served.map((stop) => stop()));
  };
}

/** What a transition refers to, as far as it lies in the object store. */
async function documentsOf(
  bus: Bus,
  request: z.output<typeof contracts.transitionDeployment.request>,
): Promise<TransitionDocuments> {
  const facts = [request, ...request.further].map((step) => step.facts);
  const plan = facts.findLast((found) => found.plan)?.plan?.omitted?.document;
  const release = facts.findLast((found) => found.release)?.release;
  return {
    plan: plan && (await (await bus.objects("plans")).get(plan)),
    release: release && (await present(await bus.objects("releases"), release)),
  };
}

/** The text of an object; undefined when the store has lost it. */
async function present(objects: ObjectStoreClient, digest: string): Promise<string | undefined> {
  try {
    return await objects.get(digest);
  } catch (error) {
    if (error instanceof HonuaError && error.code === "object-missing") return undefined;
    throw error;
  }
}
