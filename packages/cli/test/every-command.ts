import type { Command } from "commander";

/** Every command that does something, as it is typed, in the order of the help. */
export function everyCommand(program: Command): { name: string; command: Command }[] {
  const walk = (command: Command, before: string): { name: string; command: Command }[] => {
    const visible = command.createHelp().visibleCommands(command);
    return visible
      .filter((one) => one.name() !== "help")
      .flatMap((one) => {
        const name = `${before} ${one.name()}`;
        return one.commands.length > 0 ? walk(one, name) : [{ name, command: one }];
      });
  };
  return walk(program, "honua");
}
