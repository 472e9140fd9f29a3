import type { DeploymentSummary } from "@honua/contracts";
import { firstLine } from "@honua/text";
import { colors, colourStatus } from "../output/colours.ts";
import { shellQuote } from "../output/command-name.ts";
import { shortCommit } from "../output/phrases.ts";
import { formatFields, formatTable } from "../output/tables.ts";
import { wrapText } from "../output/text-layout.ts";
import { escapeUntrustedValue } from "../output/untrusted-text.ts";
import type { StackFile } from "./stack-file.ts";

export interface StackSummary {
  stack: StackFile;
  /** The first deployment; undefined if there is none yet. */
  deployment: DeploymentSummary | undefined;
  /** Home of the stack, as a path that is valid in `directory`. */
  home: string;
  /** The directory in which the user will type the commands. */
  directory: string;
  /** What the user can type to run `honua` for this stack. */
  honua: string;
  /** Columns of the terminal. */
  width: number;
}

/** Formats the addresses of a running stack, its first deployment, and commands to try. */
export function formatStackSummary(summary: StackSummary): string {
  const { stack, deployment, home, directory, honua, width } = summary;
  const { urls, token, environment, workingCopy, repository } = stack;
  const contentWidth = width - 2;
  const services = formatTable(
    ["SERVICE", "URL", "PURPOSE"],
    [
      ["gis-gateway", `${urls.gateway}/ogc`, "OGC API of the live release"],
      ["approvals", urls.approvals, "approvals and notifications"],
      ["state", urls.state, "deployments, history and audit"],
      ["watcher", urls.watcher, "detects commits in Git"],
      ["reconciler", urls.reconciler, "plans, applies and verifies"],
    ],
    contentWidth,
  );
  const details = formatFields(
    [
      ["Environment", environment],
      ["Repository", workingCopy ?? repository],
      ["Token", token],
      ["Logs", `${home}/logs`],
    ],
    contentWidth,
  );
  const commands = [
    `curl -s ${urls.gateway}/ogc/collections | jq '.collections[].id'`,
    `${honua} status ${environment}`,
    ...(workingCopy ? editCommands(pathFrom(directory, workingCopy), environment) : []),
  ];
  const pushHint = workingCopy ? "" : `\n\n  Push to ${repository} to deploy a change.`;
  return [
    "",
    indent(services),
    "",
    indent(details),
    "",
    deployment ? formatDeploymentLine(deployment, width) : "  No deployment yet. See the logs.",
    "",
    `  Try:\n${commands.map((command) => `    ${command}`).join("\n")}${pushHint}`,
    "",
    "  Press Ctrl-C to stop.",
    "",
  ].join("\n");
}

/** Formats a deployment in one line, with its error below it. */
export function formatDeploymentLine(deployment: DeploymentSummary, width: number): string {
  const { id, state, commit, message, errorMessage } = escapeUntrustedValue(deployment);
  const line = `  ${colourStatus(state)}  ${shortCommit(commit)} ${firstLine(message)}  ${colors.dim(id)}`;
  const error = errorMessage ? `\n    ${errorMessage.replaceAll("\n", "\n    ")}` : "";
  return wrapText(line + error, width, 2);
}

function editCommands(workingCopy: string, environment: string): string[] {
  return [
    `cd ${shellQuote(workingCopy)}`,
    `\${EDITOR:-vi} environments/${environment}/metadata.json`,
    'git commit -am "Add a layer" && git push',
  ];
}

function pathFrom(directory: string, path: string): string {
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
