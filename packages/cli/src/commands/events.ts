import { STREAMED_EVENT_NAMES } from "@honua/contracts";
import type { Command } from "commander";
import { stringify } from "yaml";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  withConnection,
} from "../command-context.ts";
import { followEvents, type StreamedEvent } from "../events/follow-events.ts";
import { parseLimit, parseSince } from "../options/option-parsers.ts";
import { colors } from "../output/colours.ts";
import { statusColour } from "../output/render-value.ts";

interface EventsFlags extends CommonFlags {
  environment?: string;
  types?: string;
  since?: string;
  count?: number;
}

/** `honua events` */
export function eventsCommand(program: Command, context: CommandContext): void {
  withConnection(program.command("events"))
    .description("what happens, as it happens, until Ctrl-C")
    .option("--environment <name>", "only of this environment")
    .option("--types <names>", "only these, separated by commas, such as deploy.* or deploy.failed")
    .option(
      "--since <time>",
      "begin then: a time, or how long ago, such as 10m (default: from now on)",
      (text: string) => parseSince(text, context.now()),
    )
    .option("--count <n>", "end after so many events", parseLimit)
    .addHelpText(
      "after",
      "\nA connection that breaks is taken up again behind the last event: none is lost, none comes\n" +
        "twice. With -o json each line is an event: a CloudEvents envelope, and streamId.\n" +
        `\nEvents: ${STREAMED_EVENT_NAMES.join(", ")}\n${examples(
          "honua events --environment production",
          "honua events --since 1h --types deploy.failed,deploy.rolled-back",
          "honua events -o json | jq -r '.type'",
        )}`,
    )
    .action(async (flags: EventsFlags) => {
      const api = await connect(context, flags);
      const { environment, types, since } = flags;
      const asked = Object.entries({ environment, types, since });
      const query = new URLSearchParams(
        asked.filter((pair): pair is [string, string] => pair[1] !== undefined),
      );
      const enough = new AbortController();
      let left = flags.count ?? Number.POSITIVE_INFINITY;
      await followEvents(api, query, {
        take(event) {
          if (left === 0) return;
          context.print(format(event, flags.output));
          left -= 1;
          if (left === 0) enough.abort();
        },
        warn: (text) => context.progress.write(`honua: ${text}\n`),
        signal: AbortSignal.any([context.interrupted(), enough.signal]),
      });
    });
}

function format(event: StreamedEvent, output: EventsFlags["output"]): string {
  const value = { streamId: event.streamId, ...event.envelope };
  if (output === "json") return JSON.stringify(value);
  if (output === "yaml") return `---\n${stringify(value).trimEnd()}`;
  const { time, subject } = event.envelope;
  const at = colors.dim(time.slice(0, 19).replace("T", " "));
  return `${at}  ${subject}  ${statusOfEvent(event.event)}  ${detail(event)}`.trimEnd();
}

/** The end of a deployment in the colour of the state that it leads to. */
function statusOfEvent(event: string): string {
  const padded = event.padEnd(26);
  if (event === "deploy.completed") return colors.green(padded);
  if (event === "deploy.failed") return colors.red(padded);
  const attention = ["deploy.rolled-back", "deploy.approval-requested", "environment.drifted"];
  return attention.includes(event) ? colors.yellow(padded) : padded;
}

/** What is worth reading of the event's data, in its order. */
function detail({ envelope: { data } }: StreamedEvent): string {
  const fields = (data ?? {}) as Record<string, unknown>;
  const shown = [
    "deploymentId",
    "dryRunId",
    "to",
    "health",
    "syncStatus",
    "riskLevel",
    "reason",
    "message",
    "errorMessage",
    "subject",
    "subjects",
    "pausedBy",
    "resumedBy",
    "requestedBy",
  ];
  return shown
    .flatMap((name) => {
      const value = fields[name];
      if (value === undefined || value === null || value === "") return [];
      const text = Array.isArray(value) ? value.join(", ") : String(value);
      return [statusColour(text.split("\n", 1)[0] ?? "")];
    })
    .join("  ");
}
