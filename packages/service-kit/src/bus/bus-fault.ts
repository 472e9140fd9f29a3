import type { Bus } from "./bus.ts";

/**
 * Why a service is without its message bus; undefined when it has it.
 *
 * @param fault what kept it from connecting the first time, as far as that is known
 */
export function faultOfBus(
  bus: Bus | undefined,
  fault?: () => string | undefined,
): string | undefined {
  if (bus?.isConnected()) return undefined;
  return fault?.() ?? "not connected to the message bus; reconnecting";
}
