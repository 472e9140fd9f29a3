import { pollNow } from "@honua/contracts";
import type { Command } from "commander";
import { type CommandContext, type CommonFlags, connect, show, withConnection } from "./context.ts";

/** `honua sync <environment>` */
export function syncCommand(program: Command, context: CommandContext): void {
  withConnection(program.command("sync"))
    .description("look at Git now instead of at the next interval")
    .argument("<environment>")
    .option(
      "--force",
      "deploy the newest commit again, even if it failed before or is already deployed",
    )
    .option("--reason <text>")
    .action(
      async (environment: string, flags: CommonFlags & { force?: boolean; reason?: string }) => {
        const api = await connect(context, flags);
        const answer = await api.post(
          `/api/gitops/environments/${encodeURIComponent(environment)}/sync`,
          { force: flags.force ?? false, reason: flags.reason },
          pollNow.response,
        );
        show(context, flags, answer, ({ commit, detected }) =>
          detected
            ? `Commit ${commit.slice(0, 7)} is handed over. Follow it with 'honua status ${environment}'.`
            : `Nothing new: '${environment}' already knows commit ${commit.slice(0, 7)}.`,
        );
      },
    );
}
