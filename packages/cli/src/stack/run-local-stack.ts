import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type DeploymentSummary, deploymentSummary } from "@honua/contracts";
import { createLog } from "@honua/service-kit";
import { z } from "zod";
import { type ApiClient, createApiClient } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import type { CommandContext } from "../command-context.ts";
import { colors } from "../output/colours.ts";
import { shellQuote } from "../output/command-name.ts";
import type { Print } from "../output/render-value.ts";
import { safeJson } from "../output/untrusted-text.ts";
import { VERSION } from "../version.ts";
import { LocalStack, type StepReporter } from "./local-stack.ts";
import { findStackHome } from "./stack-file.ts";
import type { UpFlags } from "./stack-options.ts";
import { formatDeploymentLine, formatStackSummary } from "./stack-summary.ts";

/** After this time the summary is shown even if the first deployment has not ended. */
const FIRST_DEPLOYMENT_TIMEOUT_MS = 60_000;
const GATEWAY_READY_TIMEOUT_MS = 20_000;
const START_POLL_INTERVAL_MS = 50;
const DEPLOYMENT_POLL_INTERVAL_MS = 500;
const STATES_IN_PROGRESS: ReadonlySet<string> = new Set([
  "Pending",
  "Validating",
  "Planning",
  "Applying",
  "PostValidating",
  "RollingBack",
]);

/** Starts the local stack, prints its summary and each deployment, and stops it at Ctrl-C. */
export async function runLocalStack(flags: UpFlags, context: CommandContext): Promise<void> {
  const interrupted = abortOnInterrupt();
  const print: Print = flags.json ? () => undefined : context.print;
  print(`\n${colors.bold("Honua GitOps")} ${VERSION}\n`);
  try {
    const stack = await LocalStack.start(
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
        reportStep: createStepReporter(print),
        environment: process.env,
        signal: interrupted,
      },
    );
    try {
      await monitorStack(stack, flags, context, { print, interrupted });
    } finally {
      print("\nStopping …");
      await stack.stop();
    }
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
  print("Stopped. The data is kept for the next start.");
}

/** Prints the summary after the first deployment, then each deployment that ends. */
async function monitorStack(
  stack: LocalStack,
  flags: UpFlags,
  context: CommandContext,
  { print, interrupted }: { print: Print; interrupted: AbortSignal },
): Promise<void> {
  const description = stack.describe();
  const { urls, token, environment } = description;
  const api = createApiClient({
    stateUrl: urls.state,
    approvalsUrl: urls.approvals,
    token,
    tokenSource: "stack.json",
    stackHome: flags.home,
  });
  const canDeploy = flags.scale.watcher !== 0 && flags.scale.reconciler !== 0;
  const first = canDeploy ? await waitForFirstDeployment(api, environment, interrupted) : undefined;
  if (first?.state === "Completed") await waitForGateway(urls.gateway, interrupted);
  if (interrupted.aborted) return;
  if (flags.json) context.print(safeJson({ ready: true, ...stack.describe() }));
  print(
    formatStackSummary({
      stack: description,
      deployment: first,
      home: flags.home,
      directory: context.directory,
      honua: commandForStack(context, resolve(context.directory, flags.home)),
      width: context.width,
    }),
  );
  let lastPrinted = first ? `${first.id} ${first.state}` : "";
  while (!interrupted.aborted) {
    await pauseUnlessInterrupted(DEPLOYMENT_POLL_INTERVAL_MS, interrupted);
    const newest = await readNewestDeployment(api, environment).catch(() => undefined);
    if (!newest || `${newest.id} ${newest.state}` === lastPrinted) continue;
    lastPrinted = `${newest.id} ${newest.state}`;
    if (!STATES_IN_PROGRESS.has(newest.state)) print(formatDeploymentLine(newest, context.width));
  }
}

/** Returns the newest deployment when it is no longer in progress, or after the timeout. */
async function waitForFirstDeployment(
  api: ApiClient,
  environment: string,
  interrupted: AbortSignal,
): Promise<DeploymentSummary | undefined> {
  const deadline = Date.now() + FIRST_DEPLOYMENT_TIMEOUT_MS;
  let newest: DeploymentSummary | undefined;
  while (Date.now() < deadline && !interrupted.aborted) {
    newest = await readNewestDeployment(api, environment).catch(() => undefined);
    if (newest && !STATES_IN_PROGRESS.has(newest.state)) return newest;
    await pauseUnlessInterrupted(START_POLL_INTERVAL_MS, interrupted);
  }
  return newest;
}

/** Waits for the gateway, which after a restart still loads the release of an old deployment. */
async function waitForGateway(url: string, interrupted: AbortSignal): Promise<void> {
  const deadline = Date.now() + GATEWAY_READY_TIMEOUT_MS;
  while (Date.now() < deadline && !interrupted.aborted) {
    const response = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (response?.ok) return;
    await pauseUnlessInterrupted(START_POLL_INTERVAL_MS, interrupted);
  }
}

async function readNewestDeployment(
  api: ApiClient,
  environment: string,
): Promise<DeploymentSummary | undefined> {
  const path = `${environmentPath(environment)}/deployments?limit=1`;
  const { items } = await api.get(path, z.object({ items: z.array(deploymentSummary) }));
  return items[0];
}

/** Returns the command, with HONUA_HOME if it cannot find the home of this stack otherwise. */
function commandForStack(context: CommandContext, home: string): string {
  const honua = context.commandNameIn(context.directory);
  const found = context.environment.HONUA_HOME ?? findStackHome(context.directory);
  const isFound = found !== undefined && resolve(context.directory, found) === home;
  return isFound ? honua : `HONUA_HOME=${shellQuote(home)} ${honua}`;
}

function createStepReporter(print: Print): StepReporter {
  return (step) => {
    const startedAt = performance.now();
    return (detail) => {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      const duration = colors.dim(`${seconds.padStart(5)} s`);
      print(`  ${colors.green("✓")} ${step.padEnd(16)} ${duration}  ${detail}`);
    };
  };
}

/** Aborts at the first SIGINT or SIGTERM. Further signals are ignored, because stopping is quick. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => controller.abort());
  return controller.signal;
}

async function pauseUnlessInterrupted(ms: number, interrupted: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal: interrupted }).catch(() => undefined);
}
