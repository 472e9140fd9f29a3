import type { BackupEnd } from "@honua/contracts";
import type { Command } from "commander";
import { sendBackup, writeBackup } from "../backup/backup-file.ts";
import {
  type CommandContext,
  type CommonFlags,
  examples,
  show,
  withConnection,
} from "../command-context.ts";
import { findConnection } from "../connection/find-connection.ts";
import { columns } from "../output/render-value.ts";

/** `honua state export|import` */
export function stateCommand(program: Command, context: CommandContext): void {
  const group = program.command("state").description("back up all history, and restore it");

  withConnection(group.command("export"))
    .description("write a full backup of the history to a file; needs the role admin")
    .argument("<file>", "is replaced when the backup is whole, not before")
    .addHelpText("after", examples("honua state export honua-2026-11-25.ndjson"))
    .action(async (file: string, flags: CommonFlags) => {
      const connection = await findConnection(flags, context.environment, context.directory);
      const rows = await writeBackup(connection, file);
      show(context, flags, { file, rows }, () => `${table(rows)}\n\nWritten to ${file}.`);
    });

  withConnection(group.command("import"))
    .description(
      "restore a backup into an empty database: all of it or nothing; needs the role admin",
    )
    .argument("<file>", "what 'honua state export' wrote")
    .addHelpText(
      "after",
      "\nStop the watcher first, and start it again afterwards.\n" +
        examples("honua state import honua-2026-11-25.ndjson", "honua audit --verify"),
    )
    .action(async (file: string, flags: CommonFlags) => {
      const connection = await findConnection(flags, context.environment, context.directory);
      const rows = await sendBackup(connection, file);
      show(
        context,
        flags,
        { file, rows },
        () => `${table(rows)}\n\nRestored. Check it with 'honua audit --verify'.`,
      );
    });
}

function table(rows: BackupEnd["rows"]): string {
  return columns(
    ["WHAT", "ROWS"],
    Object.entries(rows).map(([name, count]) => [name.replaceAll("_", " "), String(count)]),
  );
}
