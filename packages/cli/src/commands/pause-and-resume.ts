import { type EnvironmentState, environmentState } from "@honua/contracts";
import type { Command } from "commander";
import { environmentPath } from "../api/api-paths.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
} from "../options/shared-options.ts";

/** Adds `honua pause <environment>` and `honua resume <environment>`. */
export function addPauseCommands(program: Command, context: CommandContext): void {
  addConnectionOptions(program.command("pause"))
    .description("hold new deployments; a deployment in progress continues")
    .argument("<environment>")
    .requiredOption("--reason <text>", "reason, shown with the deployments that wait")
    .addHelpText("after", formatExamples('honua pause production --reason "database migration"'))
    .action((environment: string, flags: CommonFlags & { reason: string }) =>
      postToEnvironment(
        environment,
        flags,
        { action: "pause", body: { reason: flags.reason } },
        (state) => `Paused '${state.environment}': ${state.pause?.reason ?? ""}`,
      ),
    );

  addConnectionOptions(program.command("resume"))
    .description("resume deployments, starting with the newest one that waits")
    .argument("<environment>")
    .addHelpText("after", formatExamples("honua resume production"))
    .action((environment: string, flags: CommonFlags) =>
      postToEnvironment(
        environment,
        flags,
        { action: "resume", body: {} },
        (state) => `Resumed deployments of '${state.environment}'.`,
      ),
    );

  async function postToEnvironment(
    environment: string,
    flags: CommonFlags,
    { action, body }: { action: "pause" | "resume"; body: object },
    formatText: (state: EnvironmentState) => string,
  ) {
    const api = await connectApi(context, flags);
    const path = `${environmentPath(environment)}/${action}`;
    printResult(context, flags, await api.post(path, body, environmentState), formatText);
  }
}
