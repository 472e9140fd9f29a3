import type { Notification } from "./notification.ts";

/** Formats a notification as plain text. */
export function plainText({ title, facts, commands, link }: Notification): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length)) + 2;
  const indent = " ".repeat(width);
  return [
    title,
    "",
    ...facts.map(([name, value]) => name.padEnd(width) + value.replaceAll("\n", `\n${indent}`)),
    ...(link ? ["Link".padEnd(width) + link] : []),
    "",
    ...commands.map((command) => `  ${command}`),
    "",
  ].join("\n");
}
