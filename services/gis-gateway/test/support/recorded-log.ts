import { createLog, type Log } from "@honua/service-kit";

/** A log whose warnings and errors a test reads. */
export function createRecordedLog(): { log: Log; lines: readonly string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return {
    log: createLog({ service: "test", instance: "test", level: "warn", destination }),
    lines,
  };
}
