import { deploymentSummary, environmentState, pendingApproval } from "@honua/contracts";
import { Argument, type Command } from "commander";
import type { ApiClient } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import { type CommandContext, connectApi } from "../command-context.ts";
import { type Candidates, findCandidates, SHELLS } from "../completion/candidates.ts";
import { COMPLETION_SCRIPTS, FILE_NAMES_MARKER } from "../completion/scripts.ts";
import { formatExamples, formatHelpParagraph } from "../options/shared-options.ts";
import { isSafeText } from "../output/untrusted-text.ts";
import { environmentsOfWorkingCopy } from "../repository/working-copy-files.ts";

/** Time to wait for the system after the user pressed Tab. */
const COMPLETION_TIMEOUT_MS = 2_000;
const MAX_DEPLOYMENTS = 20;
const MAX_ENVIRONMENTS = 20;

/** Adds `honua completion <shell>` and the hidden command that the completion scripts call. */
export function addCompletionCommands(program: Command, context: CommandContext): void {
  program
    .command("completion")
    .description("print the completion script for a shell")
    .addArgument(new Argument("<shell>", SHELLS.join(" | ")).choices(SHELLS))
    .addHelpText(
      "after",
      formatHelpParagraph(
        "The script completes commands, options, environments and deployments. It needs honua on the " +
          "PATH.",
      ) +
        formatExamples(
          "source <(honua completion bash)        # in ~/.bashrc",
          "source <(honua completion zsh)         # in ~/.zshrc, after compinit",
          "honua completion fish | source         # in ~/.config/fish/config.fish",
        ),
    )
    .action((shell: (typeof SHELLS)[number]) => context.print(COMPLETION_SCRIPTS[shell]));

  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .helpOption(false)
    .passThroughOptions()
    .action(async (words: string[]) => {
      const typed = words.at(-1) ?? "";
      const candidates = findCandidates(program, words);
      if (candidates.kind === "files") {
        context.print(FILE_NAMES_MARKER);
        return;
      }
      const candidateWords = new Set(await resolveWords(context, candidates));
      const matching = [...candidateWords].filter(
        (word) => word.startsWith(typed) && isSafeText(word),
      );
      if (matching.length > 0) context.print(matching.join("\n"));
    });
}

/** Returns no words after an error or a timeout, because an error would disturb the prompt. */
async function resolveWords(
  context: CommandContext,
  candidates: Exclude<Candidates, { kind: "files" }>,
): Promise<string[]> {
  if (candidates.kind === "words") return candidates.words;
  const timeout = new Promise<string[]>((resolve) => {
    setTimeout(resolve, COMPLETION_TIMEOUT_MS, []).unref();
  });
  return Promise.race([readWords(context, candidates).catch(() => []), timeout]);
}

async function readWords(
  context: CommandContext,
  candidates: Exclude<Candidates, { kind: "files" | "words" }>,
): Promise<string[]> {
  const api = await connectApi(context, {}).catch(() => undefined);
  if (candidates.kind === "environments") {
    const deployed = api ? await readEnvironmentNames(api).catch(() => []) : [];
    const local = await environmentsOfWorkingCopy(context.directory).catch(() => []);
    return [...deployed, ...local];
  }
  if (!api) return [];
  if (candidates.kind === "pending-approvals") {
    const pending = await readPages(api, "/api/gitops/approvals/pending", pendingApproval);
    return pending.map(({ deploymentId }) => deploymentId);
  }
  const environments = candidates.environment
    ? [candidates.environment]
    : await readEnvironmentNames(api);
  const lists = await Promise.all(
    environments.slice(0, MAX_ENVIRONMENTS).map((environment) =>
      readPages(api, `${environmentPath(environment)}/deployments`, deploymentSummary, {
        limit: MAX_DEPLOYMENTS,
      }),
    ),
  );
  return lists.flat().map(({ id }) => id);
}

async function readEnvironmentNames(api: ApiClient): Promise<string[]> {
  const environments = await readPages(api, "/api/gitops/environments", environmentState);
  return environments.map(({ environment }) => environment);
}
