import { deployment, type EnvironmentState, environmentState } from "@honua/contracts";
import type { Command } from "commander";
import { environmentPath } from "../api/api-paths.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  show,
  withConnection,
} from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { follow, WAIT_HELP, type WaitFlags, withWait } from "../options/wait-options.ts";

interface RollbackFlags extends CommonFlags, WaitFlags {
  to?: string;
  yes?: boolean;
  reason?: string;
}

/** `honua rollback <environment>` */
export function rollbackCommand(program: Command, context: CommandContext): void {
  withWait(withConnection(program.command("rollback")))
    .description("go back to a release that was verified before; needs no Git")
    .argument("<environment>")
    .option("--to <id>", "an earlier Completed deployment (default: the last before the live one)")
    .option("--reason <text>", "why, for whoever wonders where the newest commit is")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      "\nThe newest commit is held back afterwards, until a newer one follows or\n" +
        "'honua sync <environment> --force' deploys it again.\n" +
        `${WAIT_HELP}${examples(
          'honua rollback production --reason "wrong colours" --wait',
          "honua rollback production --to production-20261121-090000-abc1234 --yes",
        )}`,
    )
    .action(async (environment: string, flags: RollbackFlags) => {
      const api = await connect(context, flags);
      const path = environmentPath(environment);
      if (!flags.yes) await confirm(context, await api.get(path, environmentState), flags.to);
      const body = { to: flags.to, reason: flags.reason };
      const opened = await api.post(`${path}/rollback`, body, deployment);
      if (flags.wait) return follow(context, api, opened.id, flags);
      show(
        context,
        flags,
        opened,
        ({ id, restores }) =>
          `${id} goes back to ${restores}. Follow it with 'honua status ${environment} --watch'.`,
      );
    });
}

/** Clients see the difference at once, so a person says yes first. */
async function confirm(
  { ask }: CommandContext,
  { environment, deployedCommit }: EnvironmentState,
  to: string | undefined,
): Promise<void> {
  if (!ask) {
    throw new CommandFailed("There is no terminal to ask on: say --yes.", EXIT.usage);
  }
  const from = deployedCommit?.slice(0, 7) ?? "nothing";
  const where = to ?? "the last verified deployment before it";
  const answer = await ask(`'${environment}' serves ${from}. Go back to ${where}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed("Nothing was changed.");
}
