import { environmentName } from "@honua/contracts";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { SERVICE_PORT_OFFSETS, type ServiceName } from "../stack/ports.ts";

/** What can be done without: nothing is deployed then, as while a backup is restored. */
const MAY_BE_LEFT_OUT: ReadonlySet<string> = new Set(["watcher", "reconciler"]);

/** How the local stack is asked for. */
export interface UpFlags {
  home: string;
  repo?: string;
  branch: string;
  environment: string;
  portBase: number;
  databaseUrl?: string;
  gisDatabaseUrl?: string;
  natsUrl?: string;
  scale: Partial<Record<ServiceName, number>>;
  workers: number;
  pollInterval: number;
  json?: boolean;
  reset?: boolean;
}

/** `honua up`: the whole system on this machine, in the foreground. */
export function upCommand(program: Command, context: CommandContext): void {
  program
    .command("up")
    .description("run the whole system on this machine, with sample data, until Ctrl-C")
    .option(
      "--home <directory>",
      "where everything is kept",
      context.environment.HONUA_HOME ?? ".honua",
    )
    .option("--repo <url>", "watch this repository instead of the sample one")
    .option("--branch <name>", "branch to watch", "main")
    .option("--environment <name>", "environment to serve", parseEnvironment, "production")
    .option(
      "--port-base <port>",
      "gateway here, the other services on the next four, the gateway's metrics after them",
      parsePort,
      5000,
    )
    .option("--database-url <url>", "an existing PostgreSQL for the state")
    .option("--gis-database-url <url>", "an existing PostGIS for the layers")
    .option("--nats-url <url>", "an existing NATS with JetStream")
    .addOption(
      new Option(
        "--scale <service=n>",
        "run several processes of a service, or none of the watcher or reconciler; may be repeated",
      )
        .argParser(parseScale)
        .default({}, "one of each"),
    )
    .option("--workers <n>", "processes that share the gateway's port", parseWorkers, 1)
    .option("--poll-interval <seconds>", "how often Git is looked at", parseSeconds, 1)
    .option("--json", "print one line of JSON when all is ready, instead of text")
    .option("--reset", "remove the home and start afresh")
    .addHelpText(
      "after",
      "\nExamples:\n  honua up\n  honua up --port-base 6000 --scale reconciler=2\n",
    )
    .action(async (flags: UpFlags) => {
      // What runs the services is a second's work to load, which no other command should wait for.
      const { runStack } = await import("../stack/run-local-stack.ts");
      await runStack(flags, context);
    });
}

function parseEnvironment(value: string): string {
  const parsed = environmentName.safeParse(value);
  if (!parsed.success)
    throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? "not a name");
  return parsed.data;
}

function parsePort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_530) return port;
  throw new InvalidArgumentError("A port is a whole number from 1 to 65530.");
}

function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (seconds >= 0.2 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("It is from 0.2 to 86400 seconds.");
}

function parseWorkers(value: string): number {
  const workers = Number(value);
  if (Number.isInteger(workers) && workers >= 1 && workers <= 64) return workers;
  throw new InvalidArgumentError("from 1 to 64 processes");
}

function parseScale(value: string, before: UpFlags["scale"]): UpFlags["scale"] {
  const [service = "", count = ""] = value.split("=");
  const processes = Number(count);
  if (!(service in SERVICE_PORT_OFFSETS)) {
    throw new InvalidArgumentError(
      `It is one of ${Object.keys(SERVICE_PORT_OFFSETS).join(", ")}, then =n.`,
    );
  }
  const least = MAY_BE_LEFT_OUT.has(service) ? 0 : 1;
  if (!Number.isInteger(processes) || count === "" || processes < least || processes > 16) {
    throw new InvalidArgumentError(`It is from ${least} to 16 processes, such as ${service}=2.`);
  }
  return { ...before, [service]: processes };
}
