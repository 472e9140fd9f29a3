/** A block of shell commands in a Markdown text. */
export interface ShellBlock {
  /** The line of its first command. */
  line: number;
  code: string;
  /** Why it is not executed; undefined if it is executed. */
  skipReason: string | undefined;
}

/** Reads all blocks marked `sh`. A line `*Not executed …:*` before a block gives the reason to skip it. */
export function readShellBlocks(markdown: string): ShellBlock[] {
  const found = markdown.matchAll(/(?:^\*(Not executed[^\n]*):\*\n\n)?^```sh\n(.*?)^```$/gms);
  return [...found].map((match) => {
    const [whole, skipReason, code = ""] = match;
    const start = match.index + whole.indexOf("```sh\n") + "```sh\n".length;
    return { line: markdown.slice(0, start).split("\n").length, code, skipReason };
  });
}
