import { stringify } from "yaml";
import { colors } from "./colours.ts";

export const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Writes lines for people; a test gives its own. */
export type Print = (text: string) => void;

/** The value as JSON or YAML, or what `table` makes of it. */
export function render<Value>(
  value: Value,
  format: OutputFormat,
  table: (value: Value) => string,
): string {
  if (format === "json") return JSON.stringify(value, null, 2);
  if (format === "yaml") return stringify(value).trimEnd();
  return table(value);
}

/** Left-aligned columns, two spaces apart, under a dim head. */
export function columns(head: string[], rows: string[][]): string {
  const widths = head.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => visibleLength(row[index] ?? ""))),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, index) =>
        index === cells.length - 1
          ? cell
          : cell + " ".repeat((widths[index] ?? 0) - visibleLength(cell)),
      )
      .join("  ")
      .trimEnd();
  return [colors.dim(line(head)), ...rows.map(line)].join("\n");
}

/** `name   value` pairs, one a line; a value of several lines stays in its column. */
export function fields(pairs: [string, string][]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  const indent = " ".repeat(width + 2);
  return pairs
    .map(
      ([name, value]) =>
        `${colors.dim(name.padEnd(width))}  ${value.replaceAll("\n", `\n${indent}`)}`,
    )
    .join("\n");
}

/** A state, health or sync status in its colour, when the terminal has colours. */
export function statusColour(status: string): string {
  if (["Completed", "Healthy", "Synced"].includes(status)) return colors.green(status);
  if (["Failed", "Unhealthy"].includes(status)) return colors.red(status);
  if (["Degraded", "OutOfSync", "RolledBack", "AwaitingApproval", "paused"].includes(status)) {
    return colors.yellow(status);
  }
  return status;
}

/** `3 min ago`, for an instant in the past. */
export function ago(instant: string | null, now: Date): string {
  if (!instant) return "-";
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(instant)) / 1_000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3_600) return `${Math.round(seconds / 3_600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

function visibleLength(text: string): number {
  // Escape sequences of colours take no room on the screen.
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "").length;
}
