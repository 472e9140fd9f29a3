import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { deploymentSummary } from "@honua/contracts";
import { createLog } from "@honua/service-kit";
import { z } from "zod";
import { type Api, createApi } from "../api/api-client.ts";
import type { CommandContext } from "../command-context.ts";
import type { UpFlags } from "../commands/up.ts";
import { colors } from "../output/colours.ts";
import { columns, fields, type Print, statusColour } from "../output/render-value.ts";
import { VERSION } from "../version.ts";
import { type Progress, type RunningStack, startStack } from "./local-stack.ts";

/** Milliseconds that the first deployment may take before the table is shown anyway. */
const FIRST_DEPLOYMENT_MS = 60_000;
const GATEWAY_READY_MS = 20_000;
const LOOK_EVERY_MS = 500;

/** Starts the local stack, says what is where, and what is deployed, until Ctrl-C. */
export async function runStack(flags: UpFlags, context: CommandContext): Promise<void> {
  const interrupted = onInterrupt();
  const print: Print = flags.json ? () => undefined : context.print;
  print(`\n${colors.bold("Honua GitOps")} ${VERSION}\n`);
  try {
    const stack = await startStack(
      {
        ...flags,
        home: resolve(context.directory, flags.home),
        repository: flags.repo,
        databaseUrl: flags.databaseUrl,
        gisDatabaseUrl: flags.gisDatabaseUrl,
        natsUrl: flags.natsUrl,
        reset: flags.reset ?? false,
        pollIntervalSeconds: flags.pollInterval,
        version: VERSION,
      },
      {
        log: createLog({ service: "stack", instance: "stack", level: "silent" }),
        progress: showProgress(print),
        environment: process.env,
        signal: interrupted,
      },
    );
    try {
      await serveUntil(interrupted, stack, flags, context, print);
    } finally {
      print("\nStopping …");
      await stack.stop();
    }
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
  print("Stopped. Everything is kept; the next start resumes.");
}

async function serveUntil(
  interrupted: AbortSignal,
  stack: RunningStack,
  flags: UpFlags,
  context: CommandContext,
  print: Print,
): Promise<void> {
  const { urls, token, environment } = stack.file();
  const api = createApi({
    stateUrl: urls.state,
    approvalsUrl: urls.approvals,
    token,
    tokenFrom: "stack.json",
    stack: flags.home,
  });
  const { watcher, reconciler } = flags.scale;
  const deploys = watcher !== 0 && reconciler !== 0;
  const first = deploys ? await firstDeployment(api, environment, interrupted) : undefined;
  if (first?.state === "Completed") await gatewayReady(urls.gateway, interrupted);
  if (interrupted.aborted) return;
  if (flags.json) context.print(JSON.stringify({ ready: true, ...stack.file() }));
  print(summary(stack, first, flags.home));
  let last = first ? `${first.id} ${first.state}` : "";
  while (!interrupted.aborted) {
    await pause(LOOK_EVERY_MS, interrupted);
    const latest = await newest(api, environment).catch(() => undefined);
    if (!latest || `${latest.id} ${latest.state}` === last) continue;
    last = `${latest.id} ${latest.state}`;
    if (!isUnderWay(latest.state)) print(deploymentLine(latest));
  }
}

type Deployment = z.output<typeof deploymentSummary>;

const isUnderWay = (state: string) =>
  ["Pending", "Validating", "Planning", "Applying", "PostValidating", "RollingBack"].includes(
    state,
  );

/** The newest deployment once it has come to rest, or whatever there is when that takes too long. */
async function firstDeployment(
  api: Api,
  environment: string,
  interrupted: AbortSignal,
): Promise<Deployment | undefined> {
  const deadline = Date.now() + FIRST_DEPLOYMENT_MS;
  let latest: Deployment | undefined;
  while (Date.now() < deadline && !interrupted.aborted) {
    latest = await newest(api, environment).catch(() => undefined);
    if (latest && !isUnderWay(latest.state)) return latest;
    await pause(50, interrupted);
  }
  return latest;
}

/** After a restart the newest deployment is an old one; the gateway still loads its release. */
async function gatewayReady(url: string, interrupted: AbortSignal): Promise<void> {
  const deadline = Date.now() + GATEWAY_READY_MS;
  while (Date.now() < deadline && !interrupted.aborted) {
    const response = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (response?.ok) return;
    await pause(50, interrupted);
  }
}

async function newest(api: Api, environment: string): Promise<Deployment | undefined> {
  const path = `/api/gitops/environments/${environment}/deployments?limit=1`;
  const { items } = await api.get(path, z.object({ items: z.array(deploymentSummary) }));
  return items[0];
}

function deploymentLine(deployment: Deployment): string {
  const what = `${deployment.commit.slice(0, 7)} ${deployment.message.split("\n", 1)[0] ?? ""}`;
  const why = deployment.errorMessage
    ? `\n    ${deployment.errorMessage.replaceAll("\n", "\n    ")}`
    : "";
  return `  ${statusColour(deployment.state)}  ${what}  ${colors.dim(deployment.id)}${why}`;
}

function summary(stack: RunningStack, first: Deployment | undefined, home: string): string {
  const { urls, token, environment, workingCopy, repository } = stack.file();
  const table = columns(
    ["SERVICE", "URL", "WHAT IT DOES"],
    [
      ["gis-gateway", `${urls.gateway}/ogc`, "OGC API of what Git says"],
      ["approvals", urls.approvals, "who says yes"],
      ["state", urls.state, "the truth and the history"],
      ["watcher", urls.watcher, "Git to commit.detected"],
      ["reconciler", urls.reconciler, "plan, apply, verify, roll back"],
    ],
  );
  const where = fields([
    ["Environment", environment],
    ["Repository", workingCopy ?? repository],
    ["Token", token],
    ["Logs", `${home}/logs`],
  ]);
  const edit = workingCopy
    ? `cd ${relativeTo(workingCopy)} && $EDITOR environments/${environment}/metadata.json && git commit -am "Add a layer" && git push`
    : `git push to ${repository}`;
  const commands = [
    `curl -s ${urls.gateway}/ogc/collections | jq '.collections[].id'`,
    `node_modules/.bin/honua status ${environment}`,
    edit,
  ];
  const deployed = first ? deploymentLine(first) : "  No deployment yet; see the logs.";
  return `\n${indent(table)}\n\n${indent(where)}\n\n${deployed}\n\n  Try:\n${commands.map((command) => `    ${command}`).join("\n")}\n\n  Ctrl-C stops everything.\n`;
}

function relativeTo(path: string): string {
  const here = `${process.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

function showProgress(print: Print): Progress {
  return (what) => {
    const since = performance.now();
    return (detail) => {
      const seconds = ((performance.now() - since) / 1_000).toFixed(1);
      print(
        `  ${colors.green("✓")} ${what.padEnd(16)} ${colors.dim(`${seconds.padStart(5)} s`)}  ${detail}`,
      );
    };
  };
}

/** Aborts at the first Ctrl-C or SIGTERM; further ones change nothing, since stopping is quick. */
function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => controller.abort());
  return controller.signal;
}

/** Waits, but not past an interruption. */
async function pause(ms: number, interrupted: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal: interrupted }).catch(() => undefined);
}
