import type { BackupEnd } from "@honua/contracts";
import type { Command } from "commander";
import { downloadBackup, uploadBackup } from "../backup/backup-file.ts";
import { type CommandContext, printResult } from "../command-context.ts";
import { findConnection } from "../connection/find-connection.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
  formatHelpParagraph,
} from "../options/shared-options.ts";
import { formatTable } from "../output/tables.ts";

interface BackupSummary {
  file: string;
  rows: BackupEnd["rows"];
}

/** Adds `honua state export` and `honua state import`. */
export function addStateCommand(program: Command, context: CommandContext): void {
  const group = program.command("state").description("back up and restore the state database");

  addConnectionOptions(group.command("export"))
    .description("write a full backup to a file; requires the role admin")
    .argument("<file>", "replaced only after the backup is complete")
    .addHelpText("after", formatExamples("honua state export honua-2026-11-25.ndjson"))
    .action(async (file: string, flags: CommonFlags) => {
      const connection = await findConnection(flags, context.environment, context.directory);
      const rows = await downloadBackup(connection, file);
      printResult(
        context,
        flags,
        { file, rows },
        (summary) => `${formatRows(summary)}\n\nWritten to ${summary.file}.`,
      );
    });

  addConnectionOptions(group.command("import"))
    .description("restore a backup into an empty database, atomically; requires the role admin")
    .argument("<file>", "a backup that 'honua state export' wrote")
    .addHelpText(
      "after",
      formatHelpParagraph("Stop the watcher before the import, and start it again afterwards.") +
        formatExamples("honua state import honua-2026-11-25.ndjson", "honua audit --verify"),
    )
    .action(async (file: string, flags: CommonFlags) => {
      const connection = await findConnection(flags, context.environment, context.directory);
      const rows = await uploadBackup(connection, file);
      printResult(
        context,
        flags,
        { file, rows },
        (summary) => `${formatRows(summary)}\n\nRestored. Verify it with 'honua audit --verify'.`,
      );
    });
}

function formatRows({ rows }: BackupSummary): string {
  return formatTable(
    ["TABLE", "ROWS"],
    Object.entries(rows).map(([table, count]) => [table.replaceAll("_", " "), String(count)]),
  );
}
