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
import { type Api, StatusFailed } from "../api/api-client.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  show,
  withAnnotations,
  withConnection,
} from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { githubAnnotation } from "../output/github-annotations.ts";
import {
  headCommit,
  prefixInRepository,
  readCommit,
  resolveCommit,
} from "../repository/committed-files.ts";
import { chooseEnvironments, type ReadBundle } from "../repository/environment-files.ts";
import { environmentsOfTree, readTree } from "../repository/working-copy-files.ts";

interface PlanFlags extends CommonFlags {
  environment?: string;
  base?: string;
  format?: "github";
}

/** What is planned against, and how long deployments took. */
interface Base {
  live: CommittedRelease | null;
  medianDurationMs: number | null;
}

/** A working copy without a commit still needs a name for what it would become. */
const NO_COMMIT = "0".repeat(40);

/** `honua plan [directory]`: what the working copy would change. */
export function planCommand(program: Command, context: CommandContext): void {
  withAnnotations(withConnection(program.command("plan")))
    .description("show what the working copy would change, how risky that is and who must agree")
    .argument("[directory]", "working copy of the repository", ".")
    .option("--environment <name>", "only this environment (default: all)")
    .option("--base <ref>", "compare with this commit, branch or tag instead of what is deployed")
    .addHelpText(
      "after",
      "\nWith --base no service is needed. The policy that judges is that of the base; the server's\n" +
        "own, which may be stricter, is known to the server only.\n" +
        "\nEnds with 0, with 3 when people must agree, with 4 when policy refuses, with 1 when the\n" +
        `configuration is wrong.\n${examples(
          "honua plan --environment production",
          "honua plan --base origin/main",
          "honua plan --base origin/main --format github",
        )}`,
    )
    .action(async (given: string, flags: PlanFlags) => {
      const directory = resolve(context.directory, given);
      const known = await environmentsOfTree(directory);
      const commit = await headCommit(directory);
      const baseOf = await chooseBase(context, flags, directory);
      const plans: Plan[] = [];
      for (const environment of chooseEnvironments(known, flags.environment, given)) {
        const candidate = compile(await readTree(directory, environment), commit?.id ?? NO_COMMIT);
        plans.push(planAgainst(await baseOf(environment), candidate, commit));
      }
      if (flags.format === "github") {
        const prefix = await prefixInRepository(directory);
        for (const line of plans.flatMap((plan) => annotations(plan, prefix))) context.print(line);
      } else show(context, flags, plans, (all) => all.map(formatPlan).join("\n\n\n"));
      const exitCode = exitCodeOf(plans);
      if (exitCode !== EXIT.done) throw new CommandFailed("", exitCode);
    });
}

async function chooseBase(
  context: CommandContext,
  flags: PlanFlags,
  directory: string,
): Promise<(environment: string) => Promise<Base>> {
  const { base } = flags;
  if (base === undefined) {
    const api = await connect(context, flags);
    return (environment) => readDeployed(api, environment);
  }
  const commit = await resolveCommit(directory, base);
  return async (environment) => {
    const read = await readCommit(directory, commit, environment);
    // An environment that the base does not have is new.
    const isNew = !read.bundle.files.some(({ path }) =>
      path.startsWith(`environments/${environment}/`),
    );
    return { live: isNew ? null : compile(read, commit, `of ${base} `), medianDurationMs: null };
  };
}

async function readDeployed(api: Api, environment: string): Promise<Base> {
  try {
    const path = `/api/gitops/environments/${encodeURIComponent(environment)}/release`;
    const { commit, release, digest, medianDurationMs } = await api.get(path, liveRelease);
    return { live: { commit, release, digest }, medianDurationMs };
  } catch (error) {
    if (error instanceof StatusFailed && error.status === 404) {
      return { live: null, medianDurationMs: null };
    }
    throw error;
  }
}

/** @throws CommandFailed with everything that is wrong */
function compile({ bundle, problems }: ReadBundle, commit: string, whose = ""): CommittedRelease {
  const compiled = compileBundle(bundle);
  const all = [...problems, ...(compiled.ok ? [] : compiled.problems)];
  if (compiled.ok && all.length === 0) {
    return { commit, release: compiled.release, digest: compiled.digest };
  }
  throw new CommandFailed(
    `'${bundle.environment}' ${whose}cannot be planned:\n${formatProblems(all)}`,
  );
}

function planAgainst(
  { live, medianDurationMs }: Base,
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

/** Nothing to do is done, whatever the policy says of changes. */
function exitCodeOf(plans: readonly Plan[]) {
  const changing = plans.filter(({ changes }) => changes.length > 0);
  if (changing.some(({ decision }) => !decision.allowed)) return EXIT.refused;
  if (changing.some(({ decision }) => decision.requiresApproval)) return EXIT.needsApproval;
  return EXIT.done;
}

/** Each change that is risky or breaks clients at its file, and the whole in one line. */
function annotations(
  { environment, changes, riskLevel, decision }: Plan,
  prefix: string,
): string[] {
  const worth = changes.filter(({ risk, breaking }) => breaking || compareRisk(risk, "High") >= 0);
  const verdict = decision.allowed
    ? `approval ${decision.requiresApproval ? "required" : "not needed"} (${decision.rule})`
    : `refused (${decision.rule})`;
  const summary = `${environment}: ${countOf(changes.length, "change")}, risk ${riskLevel}, ${verdict}`;
  return [
    ...worth.map(({ type, id, action, reason, file, breaking }) => {
      const what = `${environment}: ${type} '${id}' ${action}${breaking ? ", breaks clients" : ""}`;
      return githubAnnotation("warning", { file, message: `${what}: ${reason}` }, prefix);
    }),
    githubAnnotation("notice", { message: summary }, prefix),
  ];
}
