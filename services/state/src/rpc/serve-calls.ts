import * as contracts from "@honua/contracts";
import type { Bus, Clock, Log, Stop } from "@honua/service-kit";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import { recordCommitSeen } from "../commits/record-commit-seen.ts";
import { recordRefusedCommit } from "../commits/refused-commits.ts";
import type { Database } from "../database/database.ts";
import { recordDeadLetter } from "../dead-letters/record-dead-letter.ts";
import { recordAuditedDecision, recordDeniedDecision } from "../decisions/audited-decisions.ts";
import { readEnvironmentOverview } from "../deployments/environment-overview.ts";
import { openDeployment } from "../deployments/open-deployment.ts";
import { readAwaitingApproval, readDeployment } from "../deployments/read-deployments.ts";
import { recordWaiting } from "../deployments/record-waiting.ts";
import { transitionDeployment } from "../deployments/transition-deployment.ts";
import { recordDryRun } from "../dry-runs/record-dry-run.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import { readEnvironmentNames } from "../environments/read-environments.ts";
import { recordObservation } from "../environments/record-observation.ts";
import { readGitopsHealth } from "../health/read-gitops-health.ts";
import { archiveRelease, republishRelease } from "../releases/stored-releases.ts";
import { readStateDocument } from "../state-document/state-document.ts";
import { readTransitionDocuments } from "./transition-documents.ts";

/** The dependencies of the call handlers. */
export interface CallDeps {
  database: Database;
  changeEnvironment: ChangeEnvironment;
  recordAttempt: RecordAttempt;
  clock: Clock;
  log: Log;
}

/**
 * Registers the handlers of all calls of this service.
 *
 * @returns a function that stops serving and waits for the calls in progress
 */
export function serveCalls(bus: Bus, deps: CallDeps): Stop {
  const { database, changeEnvironment } = deps;
  const { read, snapshot } = database;
  const served = [
    bus.serve(contracts.openDeployment, (request) => openDeployment(deps, request)),
    bus.serve(contracts.transitionDeployment, async (request) =>
      transitionDeployment(deps, request, await readTransitionDocuments(bus, request)),
    ),
    bus.serve(contracts.recordDryRun, (request) => recordDryRun(deps, request)),
    bus.serve(contracts.reportWaiting, (request) => recordWaiting(deps, request)),
    bus.serve(contracts.recordDecision, (request) => recordAuditedDecision(deps, request)),
    bus.serve(contracts.recordDeniedDecision, async (request) => {
      await recordDeniedDecision(deps, request);
      return {};
    }),
    bus.serve(contracts.archiveRelease, async (request) =>
      archiveRelease({ ...deps, objects: await bus.objects("releases") }, request),
    ),
    bus.serve(contracts.republishRelease, async ({ digest }) =>
      republishRelease({ database, objects: await bus.objects("releases") }, digest),
    ),
    bus.serve(contracts.getDeployment, ({ deploymentId }) =>
      read((reader) => readDeployment(reader, deploymentId)),
    ),
    bus.serve(contracts.getEnvironmentOverview, ({ environment }) =>
      read((reader) => readEnvironmentOverview(reader, environment)),
    ),
    bus.serve(contracts.listEnvironments, async () => ({
      environments: await read((reader) => readEnvironmentNames(reader)),
    })),
    bus.serve(contracts.getEnvironmentState, ({ environment }) =>
      snapshot((reader) => readStateDocument(reader, environment)),
    ),
    bus.serve(contracts.reportObservation, (request) =>
      recordObservation(changeEnvironment, request),
    ),
    bus.serve(contracts.recordCommitSeen, async (request) => {
      await recordCommitSeen(changeEnvironment, request);
      return {};
    }),
    bus.serve(contracts.recordCommitRefused, async (request) => {
      await recordRefusedCommit(deps, request);
      return {};
    }),
    bus.serve(contracts.listAwaitingApproval, (request) =>
      read((reader) => readAwaitingApproval(reader, request)),
    ),
    bus.serve(contracts.recordDeadLetter, async (request) => {
      await recordDeadLetter(deps, request);
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
