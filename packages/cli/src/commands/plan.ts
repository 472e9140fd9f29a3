import { resolve } from "node:path";
import { type CommitInfo, liveRelease, type Plan } from "@honua/contracts";
import {
  type CommittedRelease,
  compareRisk,
  compileBundle,
  DEFAULT_POLICY,
  formatPlan,
  formatProblems,
  planRelease,
} from "@honua/release";
import { countOf } from "@honua/text";
import type { Command } from "commander";
import { type ApiClient, HttpStatusError } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import { CommandError, EXIT, type ExitCode } from "../command-error.ts";
import {
  addAnnotationOption,
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
  formatHelpParagraph,
} from "../options/shared-options.ts";
import { githubAnnotation } from "../output/github-annotations.ts";
import {
  headCommit,
  pathInRepository,
  readCommittedFiles,
  resolveCommit,
} from "../repository/committed-files.ts";
import { type EnvironmentFiles, selectEnvironments } from "../repository/environment-files.ts";
import { environmentsOfWorkingCopy, readWorkingCopy } from "../repository/working-copy-files.ts";

interface PlanFlags extends CommonFlags {
  environment?: string;
  base?: string;
  format?: "github";
}

/** The release that the plan compares with, and how long deployments took. */
interface PlanBase {
  live: CommittedRelease | null;
  medianDurationMs: number | null;
}

/** Stands for the commit of a working copy that has no commit yet. */
const NO_COMMIT = "0".repeat(40);

/** Adds `honua plan [directory]`. */
export function addPlanCommand(program: Command, context: CommandContext): void {
  addAnnotationOption(addConnectionOptions(program.command("plan")))
    .description("show what the working copy would change, the risk and the required approvals")
    .argument("[directory]", "working copy of the repository", ".")
    .option("--environment <name>", "only this environment (default: all)")
    .option("--base <ref>", "compare with a commit, branch or tag instead of the live release")
    .addHelpText(
      "after",
      formatHelpParagraph(
        "With --base no service is needed. The policy of the base applies. A policy of the server, " +
          "which may be stricter, is not included.",
      ) +
        formatHelpParagraph(
          "Exit codes: 0 no approval needed, 3 approval needed, 4 refused by the policy, 1 invalid " +
            "configuration.",
        ) +
        formatExamples(
          "honua plan --environment production",
          "honua plan --base origin/main",
          "honua plan --base origin/main --format github",
        ),
    )
    .action(async (path: string, flags: PlanFlags) => {
      const directory = resolve(context.directory, path);
      const environments = await environmentsOfWorkingCopy(directory);
      const commit = await headCommit(directory);
      const readBase = await selectBase(context, flags, directory);
      const plans: Plan[] = [];
      for (const environment of selectEnvironments(environments, flags.environment, path)) {
        const files = await readWorkingCopy(directory, environment);
        const candidate = compileRelease(files, commit?.id ?? NO_COMMIT);
        plans.push(planCandidate(await readBase(environment), candidate, commit));
      }
      if (flags.format === "github") {
        const prefix = await pathInRepository(directory);
        for (const line of plans.flatMap((plan) => annotatePlan(plan, prefix))) context.print(line);
      } else printResult(context, flags, plans, (all) => all.map(formatPlan).join("\n\n\n"));
      const exitCode = exitCodeOfPlans(plans);
      if (exitCode !== EXIT.done) throw new CommandError("", exitCode);
    });
}

/** Returns a function that reads the base of an environment: the live release, or a commit. */
async function selectBase(
  context: CommandContext,
  flags: PlanFlags,
  directory: string,
): Promise<(environment: string) => Promise<PlanBase>> {
  const { base } = flags;
  if (base === undefined) {
    const api = await connectApi(context, flags);
    return (environment) => readLiveRelease(api, environment);
  }
  const commit = await resolveCommit(directory, base);
  return async (environment) => {
    const files = await readCommittedFiles(directory, commit, environment);
    const isNewEnvironment = !files.bundle.files.some(({ path }) =>
      path.startsWith(`environments/${environment}/`),
    );
    const live = isNewEnvironment ? null : compileRelease(files, commit, `of ${base} `);
    return { live, medianDurationMs: null };
  };
}

async function readLiveRelease(api: ApiClient, environment: string): Promise<PlanBase> {
  try {
    const { commit, release, digest, medianDurationMs } = await api.get(
      `${environmentPath(environment)}/release`,
      liveRelease,
    );
    return { live: { commit, release, digest }, medianDurationMs };
  } catch (error) {
    if (error instanceof HttpStatusError && error.status === 404) {
      return { live: null, medianDurationMs: null };
    }
    throw error;
  }
}

/** @throws CommandError with all problems of the configuration */
function compileRelease(
  { bundle, problems }: EnvironmentFiles,
  commit: string,
  origin = "",
): CommittedRelease {
  const compiled = compileBundle(bundle);
  const allProblems = [...problems, ...(compiled.ok ? [] : compiled.problems)];
  if (compiled.ok && allProblems.length === 0) {
    return { commit, release: compiled.release, digest: compiled.digest };
  }
  throw new CommandError(
    `'${bundle.environment}' ${origin}cannot be planned:\n${formatProblems(allProblems)}`,
  );
}

function planCandidate(
  { live, medianDurationMs }: PlanBase,
  candidate: CommittedRelease,
  commit: CommitInfo | undefined,
): Plan {
  return planRelease({
    environment: candidate.release.environment,
    live,
    candidate,
    ...(commit ? { commit } : {}),
    policyFloor: DEFAULT_POLICY,
    estimatedDurationSeconds:
      medianDurationMs === null ? null : Math.ceil(medianDurationMs / 1_000),
  });
}

/** A plan without changes never needs approval, whatever the policy is. */
function exitCodeOfPlans(plans: readonly Plan[]): ExitCode {
  const changing = plans.filter(({ changes }) => changes.length > 0);
  if (changing.some(({ decision }) => !decision.allowed)) return EXIT.refused;
  if (changing.some(({ decision }) => decision.requiresApproval)) return EXIT.needsApproval;
  return EXIT.done;
}

/** Annotates each risky or breaking change at its file, and adds a summary. */
function annotatePlan(
  { environment, changes, riskLevel, decision }: Plan,
  prefix: string,
): string[] {
  const notable = changes.filter(
    ({ risk, breaking }) => breaking || compareRisk(risk, "High") >= 0,
  );
  const verdict = decision.allowed
    ? `approval ${decision.requiresApproval ? "required" : "not needed"} (${decision.rule})`
    : `refused (${decision.rule})`;
  const summary = `${environment}: ${countOf(changes.length, "change")}, risk ${riskLevel}, ${verdict}`;
  return [
    ...notable.map(({ type, id, action, reason, file, breaking }) => {
      const change = `${environment}: ${type} '${id}' ${action}${breaking ? ", breaks clients" : ""}`;
      return githubAnnotation("warning", { file, message: `${change}: ${reason}` }, prefix);
    }),
    githubAnnotation("notice", { message: summary }, prefix),
  ];
}
