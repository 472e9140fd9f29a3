import { gitopsHealth, readiness } from "@honua/contracts";
import type { Command } from "commander";
import { CommandFailed, EXIT } from "../exit.ts";
import { columns, type OutputFormat, statusColour } from "../output.ts";
import { findHome, readStackFile } from "../stack/stack-file.ts";
import { type CommandContext, examples, show, withOutput } from "./context.ts";

/** One thing that was looked at. */
interface Finding {
  what: string;
  status: "Healthy" | "Unhealthy";
  detail: string;
}

/** Where each service is, and where to look when it does not answer. */
interface Targets {
  urls: Record<string, string>;
  logsOf: (service: string) => string;
}

/** Services whose addresses variables give where no local stack runs. */
const ADDRESSES = {
  gateway: "HONUA_GATEWAY_URL",
  approvals: "HONUA_APPROVALS_URL",
  state: "HONUA_STATE_URL",
  watcher: "HONUA_WATCHER_URL",
  reconciler: "HONUA_RECONCILER_URL",
} as const;

/** `honua doctor`: looks at each part of the system and says what is wrong and what to do. */
export function doctorCommand(program: Command, context: CommandContext): void {
  withOutput(program.command("doctor"))
    .description("look at every part of the system and say what is wrong")
    .option("--home <directory>", "home of the local stack")
    .addHelpText(
      "after",
      `\nWithout a local stack, the services are looked for at ${Object.values(ADDRESSES).join(", ")}.\n${examples("honua doctor", "honua doctor -o json")}`,
    )
    .action(async (flags: { home?: string; output: OutputFormat }) => {
      const { urls, logsOf } = await findTargets(context, flags.home);
      const findings: Finding[] = [];
      for (const [service, url] of Object.entries(urls)) {
        findings.push(...(await examine(service, url, logsOf(service))));
      }
      if (urls.state) findings.push(...(await examineGitops(urls.state)));
      show(context, flags, findings, (all) =>
        columns(
          ["WHAT", "STATUS", "DETAIL"],
          all.map(({ what, status, detail }) => [what, statusColour(status), detail]),
        ),
      );
      if (findings.some(({ status }) => status === "Unhealthy"))
        throw new CommandFailed("", EXIT.failed);
    });
}

async function findTargets(
  { environment, directory }: CommandContext,
  ofFlag: string | undefined,
): Promise<Targets> {
  const urls = Object.fromEntries(
    Object.entries(ADDRESSES).flatMap(([service, variable]) => {
      const url = environment[variable]?.replace(/\/+$/, "");
      return url ? [[service, url]] : [];
    }),
  );
  if (Object.keys(urls).length > 0) {
    const logsOf = (service: string) =>
      `see its log, for instance: docker compose logs ${service === "gateway" ? "gis-gateway" : service}`;
    return { urls, logsOf };
  }
  const home = ofFlag ?? environment.HONUA_HOME ?? findHome(directory);
  const stack = home ? await readStackFile(home) : undefined;
  if (stack) return { urls: stack.urls, logsOf: () => "its log is in the stack's 'logs' folder" };
  throw new CommandFailed(
    "No local stack runs here. Start it with 'honua up' (or 'npm start'), or set " +
      `${Object.values(ADDRESSES).join(", ")}.`,
  );
}

async function examine(service: string, url: string, logs: string): Promise<Finding[]> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    const { checks } = readiness.parse(await response.json());
    return Object.entries(checks).map(([check, { status, reason }]) => ({
      what: `${service}: ${check}`,
      status,
      detail: reason ?? "",
    }));
  } catch {
    const detail = `${url} does not answer; ${logs}`;
    return [{ what: service, status: "Unhealthy", detail }];
  }
}

async function examineGitops(stateUrl: string): Promise<Finding[]> {
  try {
    const response = await fetch(`${stateUrl}/health/gitops`, {
      signal: AbortSignal.timeout(5_000),
    });
    const { components } = gitopsHealth.parse(await response.json());
    return Object.entries(components).map(([name, health]) => ({
      what: `gitops: ${name}`,
      status: health === "Healthy" ? "Healthy" : "Unhealthy",
      detail: health,
    }));
  } catch {
    return [];
  }
}
