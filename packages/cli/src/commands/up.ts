import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "../command-context.ts";
import { parseEnvironmentName } from "../options/option-parsers.ts";
import { formatExamples } from "../options/shared-options.ts";
import { SERVICE_PORT_OFFSETS } from "../stack/ports.ts";
import type { ServiceScale, UpFlags } from "../stack/stack-options.ts";

/** Services that may have no process, for example while a backup is restored. */
const OPTIONAL_SERVICES: ReadonlySet<string> = new Set(["watcher", "reconciler"]);
const MAX_PROCESSES = 16;
const MAX_WORKERS = 64;

/** Adds `honua up`, which runs the whole system in the foreground. */
export function addUpCommand(program: Command, context: CommandContext): void {
  program
    .command("up")
    .description("run the whole system on this machine, with sample data, until Ctrl-C")
    .option(
      "--home <directory>",
      "folder for all data, logs and the sample repository",
      context.environment.HONUA_HOME ?? ".honua",
    )
    .option("--repo <url>", "watch this repository instead of the sample repository")
    .option("--branch <name>", "branch to watch", "main")
    .option("--environment <name>", "environment to serve", parseEnvironmentName, "production")
    .option(
      "--port-base <port>",
      "port of the gateway; the other services use the next four, and the gateway's operations port is the fifth",
      parsePort,
      5000,
    )
    .option("--database-url <url>", "use this PostgreSQL for the state")
    .option("--gis-database-url <url>", "use this PostGIS for the layers")
    .option("--nats-url <url>", "use this NATS with JetStream")
    .addOption(
      new Option(
        "--scale <service=n>",
        "number of processes of a service; 0 is allowed for watcher and reconciler; repeatable",
      )
        .argParser(parseScale)
        .default({}, "one of each"),
    )
    .option("--workers <n>", "worker processes that share the gateway's port", parseWorkers, 1)
    .option("--poll-interval <seconds>", "interval between polls of Git", parseSeconds, 1)
    .option("--json", "print one line of JSON when the system is ready")
    .option("--reset", "delete the home folder first")
    .addHelpText(
      "after",
      formatExamples("honua up", "honua up --port-base 6000 --scale reconciler=2"),
    )
    .action(async (flags: UpFlags) => {
      // Loading the stack takes about a second, which the other commands should not pay for.
      const { runLocalStack } = await import("../stack/run-local-stack.ts");
      await runLocalStack(flags, context);
    });
}

function parsePort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 1 && port <= 65_530) return port;
  throw new InvalidArgumentError("Use a port from 1 to 65530.");
}

function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (seconds >= 0.2 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("Use a number from 0.2 to 86400.");
}

function parseWorkers(value: string): number {
  const workers = Number(value);
  if (Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS) return workers;
  throw new InvalidArgumentError(`Use a whole number from 1 to ${MAX_WORKERS}.`);
}

function parseScale(value: string, previous: ServiceScale): ServiceScale {
  const [service = "", count = ""] = value.split("=");
  if (!(service in SERVICE_PORT_OFFSETS)) {
    const services = Object.keys(SERVICE_PORT_OFFSETS).join(", ");
    throw new InvalidArgumentError(`Use service=n with one of the services ${services}.`);
  }
  const processes = Number(count);
  const minimum = OPTIONAL_SERVICES.has(service) ? 0 : 1;
  const isValid =
    count !== "" &&
    Number.isInteger(processes) &&
    processes >= minimum &&
    processes <= MAX_PROCESSES;
  if (isValid) return { ...previous, [service]: processes };
  throw new InvalidArgumentError(
    `Use a number from ${minimum} to ${MAX_PROCESSES}, such as ${service}=2.`,
  );
}
