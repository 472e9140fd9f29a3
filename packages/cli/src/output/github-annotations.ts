import type { Problem } from "@honua/contracts";

export type AnnotationLevel = "error" | "warning" | "notice";

/**
 * A workflow command of GitHub Actions, which shows a message at a line of a pull request.
 *
 * @param prefix path of the configuration within its repository
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubAnnotation(
  level: AnnotationLevel,
  { file, line, column, message, suggestion }: Omit<Problem, "code">,
  prefix: string,
): string {
  const place = [
    ...(file === undefined ? [] : [`file=${property(prefix + file)}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
  ];
  const advice = suggestion && !message.endsWith(suggestion) ? ` (${suggestion})` : "";
  return `::${level}${place.length > 0 ? ` ${place.join(",")}` : ""}::${data(message + advice)}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
