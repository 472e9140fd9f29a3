import { createLog, type Log } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";

/** A log that records warnings and errors. */
export interface RecordedLog {
  log: Log;
  /** Waits for a matching line, because collections are checked in the background. */
  waitForLine(pattern: RegExp): Promise<unknown>;
}

export function createRecordedLog(): RecordedLog {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return {
    log: createLog({ service: "test", instance: "test", level: "warn", destination }),
    waitForLine: (pattern) =>
      eventually(`the log contains ${pattern}`, () => lines.some((line) => pattern.test(line))),
  };
}
