/** A block of shell commands in a Markdown text. */
export interface ShellBlock {
  /** The line of its first command. */
  line: number;
  code: string;
  /** Why it is not executed; undefined: it is. */
  excuse: string | undefined;
}

/** All blocks marked `sh`; a line `*Not executed …:*` before one is its excuse. */
export function readShellBlocks(markdown: string): ShellBlock[] {
  const found = markdown.matchAll(/(?:^\*(Not executed[^\n]*):\*\n\n)?^```sh\n(.*?)^```$/gms);
  return [...found].map((match) => {
    const [whole, excuse, code = ""] = match;
    const start = match.index + whole.indexOf("```sh\n") + "```sh\n".length;
    return { line: markdown.slice(0, start).split("\n").length, code, excuse };
  });
}
