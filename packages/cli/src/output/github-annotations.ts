import type { Problem } from "@honua/contracts";
import { escapeUntrustedText } from "./untrusted-text.ts";

export type AnnotationLevel = "error" | "warning" | "notice";

/**
 * Formats a GitHub Actions workflow command that annotates a line of a pull request.
 *
 * @param prefix path of the configuration within its repository, with a slash at the end
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubAnnotation(
  level: AnnotationLevel,
  { file, line, column, message, suggestion }: Omit<Problem, "code">,
  prefix: string,
): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${escapeProperty(prefix + file)}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
  ];
  const advice = suggestion && !message.endsWith(suggestion) ? ` (${suggestion})` : "";
  const location = properties.length > 0 ? ` ${properties.join(",")}` : "";
  return `::${level}${location}::${escapeMessage(message + advice)}`;
}

function escapeMessage(text: string): string {
  return escapeUntrustedText(text, { multiline: true })
    .replaceAll("%", "%25")
    .replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
