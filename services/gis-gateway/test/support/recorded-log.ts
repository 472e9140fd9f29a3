import { createLog, type Log } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";

/** A log whose warnings and errors a test reads. */
export interface RecordedLog {
  log: Log;
  /** Waits until a line says this: collections are looked at beside the requests for them. */
  says(what: RegExp): Promise<unknown>;
}

export function createRecordedLog(): RecordedLog {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  return {
    log: createLog({ service: "test", instance: "test", level: "warn", destination }),
    says: (what) => eventually(`the log says ${what}`, () => lines.some((line) => what.test(line))),
  };
}
