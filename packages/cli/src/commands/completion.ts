import { deploymentSummary, environmentState, pendingApproval } from "@honua/contracts";
import { Argument, type Command } from "commander";
import type { Api } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import { type CommandContext, connect, examples } from "../command-context.ts";
import { type Completion, complete, matching, SHELLS } from "../completion/candidates.ts";
import { COMPLETION_SCRIPTS, FILES } from "../completion/scripts.ts";
import { environmentsOfTree } from "../repository/working-copy-files.ts";

/** Milliseconds that a person who pressed Tab is kept waiting for a system that does not answer. */
const PATIENCE_MS = 2_000;
const MOST_DEPLOYMENTS = 20;

/** `honua completion <shell>`, and the hidden command that its scripts ask. */
export function completionCommands(program: Command, context: CommandContext): void {
  program
    .command("completion")
    .description("print the completion for a shell: commands, options, environments, deployments")
    .addArgument(new Argument("<shell>", SHELLS.join(" | ")).choices(SHELLS))
    .addHelpText(
      "after",
      examples(
        "source <(honua completion bash)        # in ~/.bashrc",
        "source <(honua completion zsh)         # in ~/.zshrc, behind compinit",
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
      const completion = complete(program, words);
      if (completion.kind === "files") context.print(FILES);
      else {
        const found = matching([...new Set(await wordsOf(context, completion))], typed);
        if (found.length > 0) context.print(found.join("\n"));
      }
    });
}

/** No answer is no suggestion: whoever typed on is not disturbed by an error. */
async function wordsOf(
  context: CommandContext,
  completion: Exclude<Completion, { kind: "files" }>,
): Promise<string[]> {
  if (completion.kind === "words") return completion.words;
  const late = new Promise<string[]>((resolve) => {
    setTimeout(resolve, PATIENCE_MS, []).unref();
  });
  return Promise.race([ask(context, completion).catch(() => []), late]);
}

async function ask(
  context: CommandContext,
  completion: Exclude<Completion, { kind: "files" | "words" }>,
): Promise<string[]> {
  const api = await connect(context, {}).catch(() => undefined);
  if (completion.kind === "environments") {
    const deployed = api ? await environmentNames(api).catch(() => []) : [];
    const local = await environmentsOfTree(context.directory).catch(() => []);
    return [...new Set([...deployed, ...local])];
  }
  if (!api) return [];
  if (completion.kind === "pending") {
    const pending = await readPages(api, "/api/gitops/approvals/pending", pendingApproval);
    return pending.map(({ deploymentId }) => deploymentId);
  }
  const environments = completion.environment
    ? [completion.environment]
    : await environmentNames(api);
  const lists = await Promise.all(
    environments.slice(0, MOST_DEPLOYMENTS).map((environment) =>
      readPages(api, `${environmentPath(environment)}/deployments`, deploymentSummary, {
        limit: MOST_DEPLOYMENTS,
      }),
    ),
  );
  return lists.flat().map(({ id }) => id);
}

async function environmentNames(api: Api): Promise<string[]> {
  const all = await readPages(api, "/api/gitops/environments", environmentState);
  return all.map(({ environment }) => environment);
}
