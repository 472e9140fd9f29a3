import { Command } from "commander";
import { auditCommand } from "./commands/audit.ts";
import { busCommand } from "./commands/bus.ts";
import type { CommandContext } from "./commands/context.ts";
import { deploymentCommand } from "./commands/deployment.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { historyCommand } from "./commands/history.ts";
import { initCommand } from "./commands/init.ts";
import { pauseCommands } from "./commands/pause.ts";
import { planCommand } from "./commands/plan.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { statusCommand } from "./commands/status.ts";
import { syncCommand } from "./commands/sync.ts";
import { upCommand } from "./commands/up.ts";
import { validateCommand } from "./commands/validate.ts";
import { EXIT } from "./exit.ts";
import { VERSION } from "./version.ts";

/** The whole `honua` command. */
export function createProgram(context: CommandContext): Command {
  const program = new Command("honua")
    .description("A Git repository as the only way to change a GIS service.")
    .version(VERSION)
    .showSuggestionAfterError()
    .exitOverride((error) => {
      const helped = error.code === "commander.helpDisplayed" || error.code === "commander.version";
      const asked = helped || error.code === "commander.help";
      process.exitCode = asked ? EXIT.done : EXIT.usage;
      throw error;
    });
  upCommand(program, context);
  statusCommand(program, context);
  historyCommand(program, context);
  deploymentCommand(program, context);
  syncCommand(program, context);
  pauseCommands(program, context);
  rollbackCommand(program, context);
  initCommand(program, context);
  planCommand(program, context);
  validateCommand(program, context);
  doctorCommand(program, context);
  auditCommand(program, context);
  busCommand(program, context);
  return program;
}
