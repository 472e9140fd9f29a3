import { colors } from "./colours.ts";

/** Standard error: what is piped on stays clean. */
export interface ProgressStream {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows what is going on while something is waited for. */
export interface Progress {
  /** Something happened, and stays on the screen. */
  line(text: string): void;
  /** What is going on: on a terminal one line that changes, elsewhere a line when it differs. */
  status(text: string): void;
  /** Removes the changing line. */
  done(): void;
}

const ERASE_LINE = "\r\u001b[2K";
const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const EVERY_MS = 100;

/** @param now milliseconds, for the seconds shown beside the status */
export function createProgress(stream: ProgressStream, now: () => number): Progress {
  let shown = "";
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    const elapsed = now() - since;
    const glyph = SPINNER[Math.floor(elapsed / EVERY_MS) % SPINNER.length];
    const seconds = colors.dim(`${Math.floor(elapsed / 1_000)} s`);
    stream.write(`${ERASE_LINE}${colors.cyan(glyph ?? "")} ${shown} ${seconds}`);
  };
  const erase = () => {
    clearInterval(timer);
    timer = undefined;
    if (shown !== "" && stream.isTTY) stream.write(ERASE_LINE);
  };
  return {
    line(text) {
      if (stream.isTTY && shown !== "") stream.write(ERASE_LINE);
      stream.write(`${text}\n`);
      if (timer) draw();
    },
    status(text) {
      if (text === shown) return;
      shown = text;
      since = now();
      if (!stream.isTTY) {
        stream.write(`${text}\n`);
        return;
      }
      draw();
      timer ??= setInterval(draw, EVERY_MS);
      timer.unref();
    },
    done() {
      erase();
      shown = "";
    },
  };
}
