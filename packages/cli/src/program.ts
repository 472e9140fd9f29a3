import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { EXIT } from "./command-error.ts";
import { addAuditCommand } from "./commands/audit.ts";
import { addBusCommand } from "./commands/bus.ts";
import { addCompletionCommands } from "./commands/completion.ts";
import { addDeploymentCommand } from "./commands/deployment.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addEventsCommand } from "./commands/events.ts";
import { addHistoryCommand } from "./commands/history.ts";
import { addInitCommand } from "./commands/init.ts";
import { addPauseCommands } from "./commands/pause-and-resume.ts";
import { addPlanCommand } from "./commands/plan.ts";
import { addRollbackCommand } from "./commands/rollback.ts";
import { addStateCommand } from "./commands/state.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addSyncCommand } from "./commands/sync.ts";
import { addUpCommand } from "./commands/up.ts";
import { addValidateCommand } from "./commands/validate.ts";
import { HELP_WIDTH } from "./options/shared-options.ts";
import { continueLongCommands, spellCommands } from "./output/command-name.ts";
import { VERSION } from "./version.ts";

/** Creates the `honua` command with all its subcommands. */
export function createProgram(context: CommandContext): Command {
  const commandName = context.commandNameIn(context.directory);
  const adaptHelp = (text: string) =>
    continueLongCommands(spellCommands(text, commandName), HELP_WIDTH);
  const program = new Command("honua")
    .description("Deploy and operate a GIS service from a Git repository.")
    .version(VERSION)
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: formatSubcommand })
    .configureOutput({
      writeOut: (text) => process.stdout.write(adaptHelp(text)),
      writeErr: (text) => process.stderr.write(adaptHelp(text)),
    })
    .addHelpText(
      "after",
      "\nExamples:\n  honua status\n  honua sync production --wait\n  honua deployment pending\n" +
        "\n'honua <command> --help' shows the options and examples of a command.\n" +
        "\nExit codes: 0 done, 1 failed, 2 usage error, 3 approval needed, 4 refused.\n",
    )
    .exitOverride((error) => {
      const isRequestedOutput = [
        "commander.helpDisplayed",
        "commander.version",
        "commander.help",
      ].includes(error.code);
      process.exitCode = isRequestedOutput ? EXIT.done : EXIT.usage;
      throw error;
    });
  program.commandsGroup("Observe:");
  addStatusCommand(program, context);
  addHistoryCommand(program, context);
  addEventsCommand(program, context);
  addDeploymentCommand(program, context);
  addAuditCommand(program, context);
  addDoctorCommand(program, context);
  program.commandsGroup("Operate an environment:");
  addSyncCommand(program, context);
  addPauseCommands(program, context);
  addRollbackCommand(program, context);
  program.commandsGroup("Change the configuration, locally or in a pipeline:");
  addInitCommand(program, context);
  addValidateCommand(program, context);
  addPlanCommand(program, context);
  program.commandsGroup("Run and install:");
  addUpCommand(program, context);
  addBusCommand(program, context);
  addStateCommand(program, context);
  addCompletionCommands(program, context);
  return program;
}

/** Formats a subcommand in the list of commands: its name and arguments, without `[options]`. */
function formatSubcommand(command: Command): string {
  const commandArguments = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...commandArguments].join(" ");
}
