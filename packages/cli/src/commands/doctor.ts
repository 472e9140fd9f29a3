import { gitopsHealth, readiness, sourceStatuses } from "@honua/contracts";
import type { Command } from "commander";
import { type CommandContext, examples, show, withOutput } from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { findToken } from "../connection/find-connection.ts";
import { columns, type OutputFormat, statusColour } from "../output/render-value.ts";
import { findHome, readStackFile } from "../stack/stack-file.ts";

/** One thing that was looked at. */
interface Finding {
  what: string;
  status: "Healthy" | "Degraded" | "Unhealthy";
  detail: string;
}

/** Where each service is, and where to look when it does not answer. */
interface Targets {
  urls: Record<string, string>;
  /** Undefined: nobody said who asks. */
  token: string | undefined;
  logsOf: (service: string) => string;
}

/** Services whose addresses variables give where no local stack runs. */
const ADDRESSES = {
  gateway: "HONUA_GATEWAY_URL",
  operations: "HONUA_GATEWAY_OPERATIONS_URL",
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
      const { urls, token, logsOf } = await findTargets(context, flags.home);
      const findings: Finding[] = [];
      for (const [service, url] of Object.entries(urls)) {
        findings.push(...(await examine(nameOf(service), url, logsOf(service))));
      }
      if (urls.watcher) findings.push(...(await examineSources(urls.watcher)));
      if (urls.state) findings.push(...(await examineGitops(urls.state)));
      if (token) findings.push(...(await examineToken(urls, token)));
      show(context, flags, findings, (all) =>
        columns(
          ["WHAT", "STATUS", "DETAIL"],
          all.map(({ what, status, detail }) => [what, statusColour(status), detail]),
        ),
      );
      if (findings.some(({ status }) => status !== "Healthy"))
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
      `see its log, for instance: docker compose logs ${nameOf(service) === "gateway" ? "gis-gateway" : service}`;
    return { urls, token: await findToken(environment), logsOf };
  }
  const home = ofFlag ?? environment.HONUA_HOME ?? findHome(directory);
  const stack = home ? await readStackFile(home) : undefined;
  if (stack) {
    const token = (await findToken(environment)) ?? stack.token;
    return { urls: stack.urls, token, logsOf: () => "its log is in the stack's 'logs' folder" };
  }
  throw new CommandFailed(
    "No local stack runs here. Start it with 'honua up' (or 'npm start'), or set " +
      `${Object.values(ADDRESSES).join(", ")}.`,
  );
}

/** A public port shows no checks, because their reasons name hosts and tables. */
const shownReadiness = readiness.partial({ checks: true });

function publicDetail(status: "Healthy" | "Unhealthy"): string {
  return status === "Healthy"
    ? ""
    : `not ready; the operations port has the reason (${ADDRESSES.operations})`;
}

/** The gateway is examined at two addresses. */
function nameOf(address: string): string {
  return address === "operations" ? "gateway" : address;
}

async function examine(service: string, url: string, logs: string): Promise<Finding[]> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    const { status, checks } = shownReadiness.parse(await response.json());
    if (!checks) return [{ what: service, status, detail: publicDetail(status) }];
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

/** A source that was read once counts as ready; what is wrong with it since then is said here. */
async function examineSources(watcherUrl: string): Promise<Finding[]> {
  try {
    const response = await fetch(`${watcherUrl}/health/sources`, {
      signal: AbortSignal.timeout(5_000),
    });
    const { sources } = sourceStatuses.parse(await response.json());
    return sources.map(({ environment, status, reason, code }) => ({
      what: `watching: ${environment}`,
      status: status === "Healthy" ? "Healthy" : "Unhealthy",
      detail: reason === null ? "" : `${reason}${code === null ? "" : ` (${code})`}`,
    }));
  } catch {
    return [];
  }
}

/** Whether those who ask for a token accept this one. One that does not answer was told of already. */
async function examineToken(urls: Record<string, string>, token: string): Promise<Finding[]> {
  const asked = [
    ["state", `${urls.state}/api/gitops/environments`],
    ["approvals", `${urls.approvals}/api/gitops/approvals/pending`],
  ] as const;
  const findings = asked
    .filter(([service]) => urls[service] !== undefined)
    .map(async ([service, url]): Promise<Finding[]> => {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(5_000),
      }).catch(() => undefined);
      if (!response) return [];
      const refused = response.status === 401 || response.status === 403;
      const detail = refused
        ? `${service} refuses the token; check HONUA_TOKEN or HONUA_TOKEN_FILE against GitOps:Tokens of ${service}`
        : "";
      return [{ what: `token: ${service}`, status: refused ? "Unhealthy" : "Healthy", detail }];
    });
  return (await Promise.all(findings)).flat();
}

/** What the status in the column before does not say yet. */
function detailOf(health: string, reason: string | undefined): string {
  const known = ["Healthy", "Degraded", "Unhealthy"].includes(health);
  return [...(known ? [] : [health]), ...(reason ? [reason] : [])].join(": ");
}

async function examineGitops(stateUrl: string): Promise<Finding[]> {
  try {
    const response = await fetch(`${stateUrl}/health/gitops`, {
      signal: AbortSignal.timeout(5_000),
    });
    const { components, reasons = {} } = gitopsHealth.parse(await response.json());
    return Object.entries(components).map(([name, health]) => ({
      what: `gitops: ${name}`,
      status: health === "Healthy" || health === "Degraded" ? health : "Unhealthy",
      detail: detailOf(health, reasons[name]),
    }));
  } catch {
    return [];
  }
}
