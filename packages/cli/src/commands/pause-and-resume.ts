import { type EnvironmentState, environmentState } from "@honua/contracts";
import type { Command } from "commander";
import { environmentPath } from "../api/api-paths.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  show,
  withConnection,
} from "../command-context.ts";

/** `honua pause <environment>` and `honua resume <environment>` */
export function pauseCommands(program: Command, context: CommandContext): void {
  withConnection(program.command("pause"))
    .description("hold back new deployments; what is under way finishes")
    .argument("<environment>")
    .requiredOption("--reason <text>", "why, for whoever wonders what a deployment waits for")
    .addHelpText("after", '\nExample:\n  honua pause production --reason "the database moves"\n')
    .action((environment: string, flags: CommonFlags & { reason: string }) =>
      control(
        environment,
        flags,
        { action: "pause", body: { reason: flags.reason } },
        ({ pause }) => `'${environment}' is paused: ${pause?.reason ?? ""}`,
      ),
    );

  withConnection(program.command("resume"))
    .description("let deployments go on; of those that waited, the newest")
    .argument("<environment>")
    .addHelpText("after", "\nExample:\n  honua resume production\n")
    .action((environment: string, flags: CommonFlags) =>
      control(
        environment,
        flags,
        { action: "resume", body: {} },
        () => `'${environment}' takes deployments again.`,
      ),
    );

  async function control(
    environment: string,
    flags: CommonFlags,
    { action, body }: { action: "pause" | "resume"; body: object },
    table: (state: EnvironmentState) => string,
  ) {
    const api = await connect(context, flags);
    const path = `${environmentPath(environment)}/${action}`;
    show(context, flags, await api.post(path, body, environmentState), table);
  }
}
