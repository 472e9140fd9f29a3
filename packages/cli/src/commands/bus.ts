import type { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import { formatExamples, formatHelpParagraph } from "../options/shared-options.ts";

/** Adds `honua bus setup`, which creates the streams and buckets of the services. */
export function addBusCommand(program: Command, context: CommandContext): void {
  program
    .command("bus")
    .description("administer the message bus")
    .command("setup")
    .description("create the missing streams, buckets and object stores; safe to repeat")
    .option("--nats-url <url>", "URL of nats-server (default: NATS_URL)")
    .addHelpText(
      "after",
      formatHelpParagraph(
        "Set the administrator's password in NATS_PASSWORD, or in a file at NATS_PASSWORD_FILE. For " +
          "TLS, set NATS_CA_FILE, NATS_CERT_FILE and NATS_KEY_FILE, as for the services.",
      ) +
        formatExamples(
          "NATS_PASSWORD_FILE=nats-password honua bus setup --nats-url nats://nats:4222",
        ),
    )
    .action(async (flags: { natsUrl?: string }) => {
      const { environment } = context;
      const url = flags.natsUrl ?? environment.NATS_URL;
      if (!url) {
        throw new CommandError(
          "Set the URL of nats-server with --nats-url or NATS_URL.",
          EXIT.usage,
        );
      }
      const { setUpBus } = await import("../bus/set-up-bus.ts");
      await setUpBus(url, environment);
      context.print("The streams, buckets and object stores exist.");
    });
}
