import { gitopsHealth, readiness } from "@honua/contracts";
import type { Command } from "commander";
import { CommandFailed, EXIT } from "../exit.ts";
import { columns, type OutputFormat, statusColour } from "../output.ts";
import { findHome, readStackFile } from "../stack/stack-file.ts";
import { type CommandContext, show, withOutput } from "./context.ts";

/** One thing that was looked at. */
interface Finding {
  what: string;
  status: "Healthy" | "Unhealthy";
  detail: string;
}

/** `honua doctor`: looks at each part of the local stack and says what is wrong and what to do. */
export function doctorCommand(program: Command, context: CommandContext): void {
  withOutput(program.command("doctor"))
    .description("look at every part of the local stack and say what is wrong")
    .option("--home <directory>", "home of the stack")
    .action(async (flags: { home?: string; output: OutputFormat }) => {
      const home = flags.home ?? context.environment.HONUA_HOME ?? findHome(context.directory);
      const stack = home ? await readStackFile(home) : undefined;
      if (!stack) {
        throw new CommandFailed(
          "No local stack runs here. Start it with 'honua up' (or 'npm start').",
        );
      }
      const findings: Finding[] = [];
      for (const [service, url] of Object.entries(stack.urls)) {
        findings.push(...(await examine(service, url)));
      }
      findings.push(...(await examineGitops(stack.urls.state)));
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

async function examine(service: string, url: string): Promise<Finding[]> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    const { checks } = readiness.parse(await response.json());
    return Object.entries(checks).map(([check, { status, reason }]) => ({
      what: `${service}: ${check}`,
      status,
      detail: reason ?? "",
    }));
  } catch {
    const detail = `${url} does not answer; its log is in the stack's 'logs' folder`;
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
