import type { Deployment } from "@honua/contracts";
import { type Command, Option } from "commander";
import type { Api } from "../api/api-client.ts";
import { type CommandContext, show } from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { exitCodeOf, waitForDeployment } from "../deployments/wait-for-deployment.ts";
import { createProgress } from "../output/progress.ts";
import { type OutputFormat, statusColour } from "../output/render-value.ts";
import { parseDuration } from "./option-parsers.ts";

export interface WaitFlags {
  wait?: boolean;
  timeout: number;
}

/** What `--wait` ends with, for the help of a command. */
export const WAIT_HELP =
  "\nWith --wait: ends with 0 when it is served, 1 when it failed or was rolled back, 3 when people\n" +
  "must agree, 4 when it was refused. Progress goes to standard error.\n";

/** Adds `--wait` and `--timeout`. */
export function withWait(command: Command): Command {
  return command
    .option("--wait", "follow the deployment until it has come to rest")
    .addOption(
      new Option("--timeout <duration>", "with --wait: give up after this")
        .argParser(parseDuration)
        .default(600_000, "10m"),
    );
}

/** Follows a deployment, prints how it ended, and ends the command accordingly. */
export async function follow(
  context: CommandContext,
  api: Api,
  id: string,
  flags: WaitFlags & { output: OutputFormat },
): Promise<void> {
  const ended = await waitForDeployment(api, id, {
    progress: createProgress(context.progress, () => performance.now()),
    timeoutMs: flags.timeout,
    signal: context.interrupted(),
  });
  show(context, flags, ended, formatEnd);
  const exitCode = exitCodeOf(ended);
  if (exitCode !== EXIT.done) throw new CommandFailed("", exitCode);
}

function formatEnd({ id, state, reason, errorMessage }: Deployment): string {
  const head = `${id} ${statusColour(state)}${reason ? ` (${reason})` : ""}`;
  if (state === "AwaitingApproval") {
    return `${head}\nLook at it with 'honua deployment plan ${id}'; say yes with 'honua deployment approve ${id}'.`;
  }
  return errorMessage ? `${head}\n${errorMessage}` : head;
}
