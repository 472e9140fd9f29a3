import { deployment, type EnvironmentState, environmentState } from "@honua/contracts";
import type { Command } from "commander";
import { environmentPath } from "../api/api-paths.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  EXAMPLE_DEPLOYMENT_ID,
  formatExamples,
  formatHelpParagraph,
} from "../options/shared-options.ts";
import {
  addWaitOptions,
  WAIT_HELP,
  type WaitFlags,
  waitAndPrintDeployment,
} from "../options/wait-options.ts";
import { shortCommit } from "../output/phrases.ts";
import { escapeUntrustedText } from "../output/untrusted-text.ts";

interface RollbackFlags extends CommonFlags, WaitFlags {
  to?: string;
  yes?: boolean;
  reason?: string;
}

/** Adds `honua rollback <environment>`. */
export function addRollbackCommand(program: Command, context: CommandContext): void {
  addWaitOptions(addConnectionOptions(program.command("rollback")))
    .description("restore an earlier verified release, without Git")
    .argument("<environment>")
    .option("--to <id>", "a Completed deployment (default: the one before the live deployment)")
    .option("--reason <text>", "reason, shown with the commit that is held back")
    .option("--yes", "do not ask for confirmation")
    .addHelpText(
      "after",
      formatHelpParagraph(
        "Afterwards the newest commit is held back until a newer commit is pushed, or until " +
          "'honua sync <environment> --force' deploys it again.",
      ) +
        WAIT_HELP +
        formatExamples(
          'honua rollback production --reason "wrong colours" --wait',
          `honua rollback production --to ${EXAMPLE_DEPLOYMENT_ID} --yes`,
        ),
    )
    .action(async (environment: string, flags: RollbackFlags) => {
      const api = await connectApi(context, flags);
      const path = environmentPath(environment);
      if (!flags.yes) {
        await confirmRollback(context, await api.get(path, environmentState), flags.to);
      }
      const body = { to: flags.to, reason: flags.reason };
      const rollback = await api.post(`${path}/rollback`, body, deployment);
      if (flags.wait) return waitAndPrintDeployment(context, api, rollback.id, flags);
      printResult(
        context,
        flags,
        rollback,
        ({ id, restores }) =>
          `${id} restores ${restores}.\nFollow it with 'honua status ${environment} --watch'.`,
      );
    });
}

/** Asks for confirmation, because a rollback changes what clients see immediately. */
async function confirmRollback(
  { askUser }: CommandContext,
  { environment, deployedCommit }: EnvironmentState,
  to: string | undefined,
): Promise<void> {
  if (!askUser) {
    throw new CommandError("Confirm with --yes, because there is no terminal to ask.", EXIT.usage);
  }
  const live = deployedCommit ? shortCommit(deployedCommit) : "nothing";
  const target = to ?? "the previous verified deployment";
  const question = `'${environment}' serves ${live}. Roll back to ${target}? [y/N] `;
  const reply = await askUser(escapeUntrustedText(question));
  if (!/^y(es)?$/i.test(reply.trim())) throw new CommandError("Nothing was changed.");
}
