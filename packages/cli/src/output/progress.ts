import { colors } from "./colours.ts";
import { truncateText } from "./text-layout.ts";
import { escapeUntrustedText } from "./untrusted-text.ts";

/** Standard error. Progress is written there, so that standard output contains only the result. */
export interface ProgressStream {
  isTTY?: boolean;
  /** Width of the terminal. */
  columns?: number;
  write(text: string): unknown;
}

/** Reports progress while a command waits. */
export interface Progress {
  /** Prints a permanent line. */
  printLine(text: string): void;
  /** Sets the current activity. A terminal shows it in a status line, a log as a line per change. */
  setStatus(text: string): void;
  /** Removes the status line. */
  clearStatus(): void;
}

const ERASE_LINE = "\r\u001b[2K";
const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const REDRAW_INTERVAL_MS = 100;
/** Columns of the status line that the spinner and the elapsed seconds need. */
const STATUS_MARGIN = 12;

/**
 * Creates the progress display of a command.
 *
 * @param now monotonic clock in milliseconds, for the elapsed time beside the status
 */
export function createProgress(stream: ProgressStream, now: () => number): Progress {
  let status = "";
  let statusSince = 0;
  let redrawTimer: NodeJS.Timeout | undefined;
  const draw = () => {
    const elapsed = now() - statusSince;
    const glyph = SPINNER[Math.floor(elapsed / REDRAW_INTERVAL_MS) % SPINNER.length];
    const seconds = colors.dim(`${Math.floor(elapsed / 1_000)} s`);
    // A status longer than the line would wrap, and only its last line could be erased.
    const shown = truncateText(status, (stream.columns || 80) - STATUS_MARGIN);
    stream.write(`${ERASE_LINE}${colors.cyan(glyph ?? "")} ${shown} ${seconds}`);
  };
  return {
    printLine(text) {
      if (stream.isTTY && status !== "") stream.write(ERASE_LINE);
      stream.write(`${text}\n`);
      if (redrawTimer) draw();
    },
    setStatus(text) {
      const escaped = escapeUntrustedText(text);
      if (escaped === status) return;
      status = escaped;
      statusSince = now();
      if (!stream.isTTY) {
        stream.write(`${status}\n`);
        return;
      }
      draw();
      redrawTimer ??= setInterval(draw, REDRAW_INTERVAL_MS);
      redrawTimer.unref();
    },
    clearStatus() {
      clearInterval(redrawTimer);
      redrawTimer = undefined;
      if (status !== "" && stream.isTTY) stream.write(ERASE_LINE);
      status = "";
    },
  };
}
