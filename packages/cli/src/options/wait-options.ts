import type { Deployment } from "@honua/contracts";
import { type Command, Option } from "commander";
import type { ApiClient } from "../api/api-client.ts";
import { type CommandContext, printResult } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import { exitCodeOfDeployment, waitForDeployment } from "../deployments/wait-for-deployment.ts";
import { colourStatus } from "../output/colours.ts";
import { createProgress } from "../output/progress.ts";
import type { OutputFormat } from "../output/render-value.ts";
import { wrapText } from "../output/text-layout.ts";
import { parseDuration } from "./option-parsers.ts";
import { formatHelpParagraph } from "./shared-options.ts";

export interface WaitFlags {
  wait?: boolean;
  timeout: number;
}

/** Explains the exit codes of `--wait` in the help of a command. */
export const WAIT_HELP = formatHelpParagraph(
  "With --wait, the exit code is 0 if the deployment completed, 1 if it failed or was rolled back, " +
    "3 if it needs approval, and 4 if it was rejected or its approval expired. Progress is written " +
    "to standard error.",
);

/** Adds `--wait` and `--timeout`. */
export function addWaitOptions(command: Command): Command {
  return command
    .option("--wait", "wait until the deployment has ended or needs approval")
    .addOption(
      new Option("--timeout <duration>", "with --wait: maximum time to wait")
        .argParser(parseDuration)
        .default(600_000, "10m"),
    );
}

/**
 * Waits for a deployment and prints its final state.
 *
 * @throws CommandError with the exit code of the deployment, unless it completed
 */
export async function waitAndPrintDeployment(
  context: CommandContext,
  api: ApiClient,
  id: string,
  flags: WaitFlags & { output: OutputFormat },
): Promise<void> {
  const deployment = await waitForDeployment(api, id, {
    progress: createProgress(context.progress, () => performance.now()),
    timeoutMs: flags.timeout,
    signal: context.interruptSignal(),
  });
  printResult(context, flags, deployment, formatSettledDeployment);
  const exitCode = exitCodeOfDeployment(deployment);
  if (exitCode !== EXIT.done) throw new CommandError("", exitCode);
}

function formatSettledDeployment(
  { id, state, reason, errorMessage }: Deployment,
  width: number,
): string {
  const headline = `${id} ${colourStatus(state)}${reason ? ` (${reason})` : ""}`;
  if (state === "AwaitingApproval") {
    return [
      headline,
      `Review it:  'honua deployment plan ${id}'`,
      `Approve it: 'honua deployment approve ${id}'`,
    ].join("\n");
  }
  return errorMessage ? `${headline}\n${wrapText(errorMessage, width)}` : headline;
}
