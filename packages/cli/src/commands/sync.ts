import { pollNow } from "@honua/contracts";
import type { Command } from "commander";
import { CommandFailed, EXIT } from "../exit.ts";
import { type CommandContext, type CommonFlags, connect, show, withConnection } from "./context.ts";

interface SyncFlags extends CommonFlags {
  force?: boolean;
  overrideWindow?: boolean;
  reason?: string;
}

/** `honua sync <environment>` */
export function syncCommand(program: Command, context: CommandContext): void {
  withConnection(program.command("sync"))
    .description("look at Git now instead of at the next interval")
    .argument("<environment>")
    .option(
      "--force",
      "deploy the newest commit again, even if it failed before or is already deployed",
    )
    .option(
      "--override-window",
      "start the deployment that waits for a window, a blackout or a cooldown now; needs --reason",
    )
    .option("--reason <text>", "why, kept with the deployment")
    .addHelpText(
      "after",
      "\nExamples:\n  honua sync production --force\n" +
        '  honua sync production --override-window --reason "outage 4711"\n',
    )
    .action(async (environment: string, flags: SyncFlags) => {
      if (flags.overrideWindow && !flags.reason) {
        throw new CommandFailed("Say why the window is overridden: --reason.", EXIT.usage);
      }
      const api = await connect(context, flags);
      const answer = await api.post(
        `/api/gitops/environments/${encodeURIComponent(environment)}/sync`,
        {
          force: flags.force ?? false,
          overrideWindow: flags.overrideWindow ?? false,
          reason: flags.reason,
        },
        pollNow.response,
      );
      show(context, flags, answer, ({ commit, detected }) =>
        detected || flags.overrideWindow
          ? `Commit ${commit.slice(0, 7)} is on its way. Follow it with 'honua status ${environment}'.`
          : `Nothing new: '${environment}' already knows commit ${commit.slice(0, 7)}.`,
      );
    });
}
