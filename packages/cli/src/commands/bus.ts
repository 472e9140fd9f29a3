import type { Command } from "commander";
import { type CommandContext, examples } from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";

/** `honua bus setup`: makes what the services expect on the message bus. */
export function busCommand(program: Command, context: CommandContext): void {
  program
    .command("bus")
    .description("administer the message bus")
    .command("setup")
    .description("make the streams, buckets and object stores that are missing; safe to run again")
    .option("--nats-url <url>", "nats-server (default: NATS_URL)")
    .addHelpText(
      "after",
      "\nNATS_PASSWORD, or the file that NATS_PASSWORD_FILE names, is the administrator's password.\nNATS_CA_FILE, NATS_CERT_FILE and NATS_KEY_FILE are for TLS, as with the services.\n" +
        examples("NATS_PASSWORD_FILE=nats-password honua bus setup --nats-url nats://nats:4222"),
    )
    .action(async (flags: { natsUrl?: string }) => {
      const { environment } = context;
      const url = flags.natsUrl ?? environment.NATS_URL;
      if (!url) throw new CommandFailed("Say where nats-server is: --nats-url", EXIT.usage);
      const { setUpBus } = await import("../bus/set-up-bus.ts");
      await setUpBus(url, environment);
      context.print("The streams, buckets and object stores are there.");
    });
}
