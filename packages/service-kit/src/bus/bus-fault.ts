import type { Bus } from "./bus.ts";

/**
 * The reason why a service has no bus connection, or undefined if it is connected.
 *
 * @param fault returns the reason why the first connection failed, if known
 */
export function describeBusFault(
  bus: Bus | undefined,
  fault?: () => string | undefined,
): string | undefined {
  if (bus?.isConnected()) return undefined;
  return fault?.() ?? "not connected to the message bus; reconnecting";
}
