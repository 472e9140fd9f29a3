import { STREAMED_EVENT_NAMES } from "@honua/contracts";
import { firstLine } from "@honua/text";
import type { Command } from "commander";
import { type CommandContext, connectApi } from "../command-context.ts";
import { followEvents, type StreamedEvent } from "../events/follow-events.ts";
import { parseLimit, parseSince } from "../options/option-parsers.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
  formatHelpParagraph,
} from "../options/shared-options.ts";
import { colors, colourStatus } from "../output/colours.ts";
import { formatInstant } from "../output/phrases.ts";
import { safeYaml } from "../output/render-value.ts";
import { escapeUntrustedText, escapeUntrustedValue, safeJson } from "../output/untrusted-text.ts";

interface EventsFlags extends CommonFlags {
  environment?: string;
  types?: string;
  since?: string;
  count?: number;
}

/** Adds `honua events`. */
export function addEventsCommand(program: Command, context: CommandContext): void {
  addConnectionOptions(program.command("events"))
    .description("follow the events of the system until Ctrl-C")
    .option("--environment <name>", "only events of this environment")
    .option("--types <names>", "only these events, separated by commas, such as deploy.*")
    .option(
      "--since <time>",
      "start at a time, or at a duration ago such as 10m (default: now)",
      (text: string) => parseSince(text, context.now()),
    )
    .option("--count <n>", "exit after this number of events", parseLimit)
    .addHelpText(
      "after",
      formatHelpParagraph(
        "After a disconnect the command resumes after the last event, so that no event is lost or " +
          "repeated. With -o json, each line is one event: a CloudEvents envelope with streamId.",
      ) +
        formatHelpParagraph(`Events: ${STREAMED_EVENT_NAMES.join(", ")}`) +
        formatExamples(
          "honua events --environment production",
          "honua events --since 1h --types deploy.failed,deploy.rolled-back",
          "honua events -o json | jq -r '.type'",
        ),
    )
    .action(async (flags: EventsFlags) => {
      const api = await connectApi(context, flags);
      const { environment, types, since } = flags;
      const parameters = Object.entries({ environment, types, since });
      const query = new URLSearchParams(
        parameters.filter((pair): pair is [string, string] => pair[1] !== undefined),
      );
      const countReached = new AbortController();
      let remaining = flags.count ?? Number.POSITIVE_INFINITY;
      await followEvents(api, query, {
        onEvent(event) {
          if (remaining === 0) return;
          context.print(formatEvent(event, flags.output));
          remaining -= 1;
          if (remaining === 0) countReached.abort();
        },
        warn: (text) => context.progress.write(`honua: ${escapeUntrustedText(text)}\n`),
        signal: AbortSignal.any([context.interruptSignal(), countReached.signal]),
      });
    });
}

function formatEvent(event: StreamedEvent, output: EventsFlags["output"]): string {
  const value = { streamId: event.streamId, ...event.envelope };
  if (output === "json") return safeJson(value);
  if (output === "yaml") return `---\n${safeYaml(value)}`;
  return formatEventLine(escapeUntrustedValue(event));
}

function formatEventLine({ event, envelope }: StreamedEvent): string {
  const time = colors.dim(formatInstant(envelope.time));
  const name = colourEventName(event);
  return `${time}  ${envelope.subject}  ${name}  ${summarizeData(envelope.data)}`.trimEnd();
}

/** Pads the name of an event and colours it by the state to which it leads. */
function colourEventName(event: string): string {
  const padded = event.padEnd(26);
  if (event === "deploy.completed") return colors.green(padded);
  if (event === "deploy.failed") return colors.red(padded);
  const attention = ["deploy.rolled-back", "deploy.approval-requested", "environment.drifted"];
  return attention.includes(event) ? colors.yellow(padded) : padded;
}

/** Fields of the event data that are shown, in this order. */
const SHOWN_FIELDS = [
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

function summarizeData(data: unknown): string {
  const fields = (data ?? {}) as Record<string, unknown>;
  return SHOWN_FIELDS.flatMap((name) => {
    const value = fields[name];
    if (value === undefined || value === null || value === "") return [];
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    return [colourStatus(firstLine(text))];
  }).join("  ");
}
