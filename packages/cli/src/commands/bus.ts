import { readFile } from "node:fs/promises";
import { BUS_ADMINISTRATOR } from "@honua/contracts";
import { connectBus, createLog } from "@honua/service-kit";
import type { Command } from "commander";
import { CommandFailed, EXIT } from "../exit.ts";
import { type CommandContext, examples } from "./context.ts";

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
      "\nNATS_PASSWORD, or the file that NATS_PASSWORD_FILE names, is the administrator's password.\nNATS_CA_FILE, NATS_CERT_FILE and NATS_KEY_FILE are for TLS, as with the services.\n" +
        examples("NATS_PASSWORD_FILE=nats-password honua bus setup --nats-url nats://nats:4222"),
    )
    .action(async (flags: { natsUrl?: string }) => {
      const { environment } = context;
      const url = flags.natsUrl ?? environment.NATS_URL;
      if (!url) throw new CommandFailed("Say where nats-server is: --nats-url", EXIT.usage);
      const file = environment.NATS_PASSWORD_FILE;
      const pass = environment.NATS_PASSWORD ?? (file ? await readFile(file, "utf8") : undefined);
      const bus = await connectBus({
        url,
        tls: tlsFiles(environment),
        credentials:
          pass === undefined ? undefined : { user: BUS_ADMINISTRATOR, pass: pass.trim() },
        service: BUS_ADMINISTRATOR,
        instance: "setup",
        log: createLog({ service: "honua", instance: "setup", level: "silent", pretty: false }),
        giveUpAfterMs: PATIENCE_MS,
        onClosed: () => {},
      });
      await bus.close();
      context.print("The streams, buckets and object stores are there.");
    });
}

/** The same variables as those of the services. */
function tlsFiles({
  NATS_CA_FILE: caFile,
  NATS_CERT_FILE: certFile,
  NATS_KEY_FILE: keyFile,
}: CommandContext["environment"]) {
  if (!caFile) return undefined;
  return { caFile, ...(certFile ? { certFile } : {}), ...(keyFile ? { keyFile } : {}) };
}
