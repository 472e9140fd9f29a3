import type { Command } from "commander";

/** Lists every command that has an action, as it is typed, in the order of the help. */
export function everyCommand(program: Command): { name: string; command: Command }[] {
  const listBelow = (command: Command, prefix: string): { name: string; command: Command }[] => {
    const visible = command.createHelp().visibleCommands(command);
    return visible
      .filter((child) => child.name() !== "help")
      .flatMap((child) => {
        const name = `${prefix} ${child.name()}`;
        return child.commands.length > 0 ? listBelow(child, name) : [{ name, command: child }];
      });
  };
  return listBelow(program, "honua");
}
