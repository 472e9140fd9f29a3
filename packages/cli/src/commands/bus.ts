import { readFile } from "node:fs/promises";
import { BUS_ADMINISTRATOR } from "@honua/contracts";
import { connectBus, createLog } from "@honua/service-kit";
import type { Command } from "commander";
import { CommandFailed, EXIT } from "../exit.ts";
import type { CommandContext } from "./context.ts";

/** Milliseconds that nats-server has to answer. */
const PATIENCE_MS = 30_000;

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
      "\nNATS_PASSWORD, or the file that NATS_PASSWORD_FILE names, is the administrator's password.",
    )
    .action(async (flags: { natsUrl?: string }) => {
      const { environment } = context;
      const url = flags.natsUrl ?? environment.NATS_URL;
      if (!url) throw new CommandFailed("Say where nats-server is: --nats-url", EXIT.usage);
      const file = environment.NATS_PASSWORD_FILE;
      const pass = environment.NATS_PASSWORD ?? (file ? await readFile(file, "utf8") : undefined);
      const connecting = connectBus({
        url,
        credentials:
          pass === undefined ? undefined : { user: BUS_ADMINISTRATOR, pass: pass.trim() },
        service: BUS_ADMINISTRATOR,
        instance: "setup",
        log: createLog({ service: "honua", instance: "setup", level: "silent", pretty: false }),
        onClosed: () => {},
      });
      const bus = await Promise.race([connecting, tooLate(url)]);
      await bus.close();
      context.print("The streams, buckets and object stores are there.");
    });
}

async function tooLate(url: string): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS).unref());
  throw new CommandFailed(`nats-server at ${url} does not answer`);
}
