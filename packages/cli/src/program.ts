import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { EXIT } from "./command-error.ts";
import { auditCommand } from "./commands/audit.ts";
import { busCommand } from "./commands/bus.ts";
import { completionCommands } from "./commands/completion.ts";
import { deploymentCommand } from "./commands/deployment.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { historyCommand } from "./commands/history.ts";
import { initCommand } from "./commands/init.ts";
import { pauseCommands } from "./commands/pause-and-resume.ts";
import { planCommand } from "./commands/plan.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { stateCommand } from "./commands/state.ts";
import { statusCommand } from "./commands/status.ts";
import { syncCommand } from "./commands/sync.ts";
import { upCommand } from "./commands/up.ts";
import { validateCommand } from "./commands/validate.ts";
import { VERSION } from "./version.ts";

/** The whole `honua` command. */
export function createProgram(context: CommandContext): Command {
  const program = new Command("honua")
    .description("A Git repository as the only way to change a GIS service.")
    .version(VERSION)
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: termOf })
    .addHelpText(
      "after",
      "\n'honua <command> --help' has the options and examples of each; docs/reference/command-line.md\n" +
        "tells the rest. Exit codes: 0 done, 1 failed, 2 wrong use, 3 people must agree, 4 refused.\n",
    )
    .exitOverride((error) => {
      const helped = error.code === "commander.helpDisplayed" || error.code === "commander.version";
      const asked = helped || error.code === "commander.help";
      process.exitCode = asked ? EXIT.done : EXIT.usage;
      throw error;
    });
  program.commandsGroup("See what is going on:");
  statusCommand(program, context);
  historyCommand(program, context);
  eventsCommand(program, context);
  deploymentCommand(program, context);
  auditCommand(program, context);
  doctorCommand(program, context);
  program.commandsGroup("Operate an environment:");
  syncCommand(program, context);
  pauseCommands(program, context);
  rollbackCommand(program, context);
  program.commandsGroup("Change the configuration, also in a pipeline:");
  initCommand(program, context);
  validateCommand(program, context);
  planCommand(program, context);
  program.commandsGroup("Run and install:");
  upCommand(program, context);
  busCommand(program, context);
  stateCommand(program, context);
  completionCommands(program, context);
  return program;
}

/** The name and what it is about; that there are options goes without saying. */
function termOf(command: Command): string {
  const needs = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...needs].join(" ");
}
