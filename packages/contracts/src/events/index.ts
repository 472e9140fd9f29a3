import type { EventDefinition } from "../define.ts";
import * as commit from "./commit.ts";
import * as deployment from "./deployment.ts";
import { dryRunRecorded } from "./dry-run.ts";
import * as environment from "./environment.ts";

export * from "./commit.ts";
export * from "./deployment.ts";
export * from "./dry-run.ts";
export * from "./environment.ts";

/** Every kind of event on the bus. */
export const allEvents = [
  ...Object.values(commit),
  ...Object.values(deployment),
  ...Object.values(environment),
  dryRunRecorded,
] as const;

const byType = new Map<string, EventDefinition>(allEvents.map((event) => [event.type, event]));

/**
 * Finds the event definition of a CloudEvents type.
 *
 * @throws TypeError when this version does not define the type
 */
export function eventOfType(type: string): EventDefinition {
  const event = byType.get(type);
  if (!event) throw new TypeError(`'${type}' is not a known event type.`);
  return event;
}
