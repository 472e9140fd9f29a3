import * as contracts from "@honua/contracts";
import type { Bus, Clock, Log, Stop } from "@honua/service-kit";
import type { RecordAttempt } from "./audit/record-attempt.ts";
import type { Database } from "./database/database.ts";
import { keepDeadLetter } from "./dead-letters.ts";
import { decideOnRecord, recordDenial } from "./deployments/decide-on-record.ts";
import { note } from "./deployments/note-waiting.ts";
import { open } from "./deployments/open-deployment.ts";
import { readAwaitingApproval, readDeployment } from "./deployments/read-deployments.ts";
import { transition } from "./deployments/transition-deployment.ts";
import { record } from "./dry-runs/record-dry-run.ts";
import type { ChangeEnvironment } from "./environments/environment-change.ts";
import { noteCommit, observeEnvironment } from "./environments/observe-environment.ts";
import { readSituation } from "./environments/read-situation.ts";
import { refuseCommit } from "./environments/refused-commits.ts";
import { readEnvironmentNames, readStateDocument } from "./environments/state-document.ts";
import { readGitopsHealth } from "./health/read-gitops-health.ts";
import { keepRelease, offerKeptRelease } from "./releases.ts";

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
    bus.serve(contracts.transitionDeployment, async (request) => {
      const steps = [request, ...request.further];
      const { plan } = steps.findLast(({ facts }) => facts.plan)?.facts ?? {};
      const document = plan?.omitted?.document;
      const plans = document === undefined ? undefined : await bus.objects("plans");
      return transition(deps, request, document && (await plans?.get(document)));
    }),
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
