import type { Bus } from "@honua/service-kit";
import { eventually } from "../../../test/harness/eventually.ts";

interface Published {
  type: string;
  data: unknown;
}

/** The events about an environment or its branch as a whole that the bus carries, from the first on. */
export function publishedEvents(
  bus: Bus,
  environment: string,
): { until(type: string): Promise<Published[]> } {
  const seen: Published[] = [];
  const stop = bus.lanes({ atOnce: 1 }).open({
    environment,
    handle: async ({ event: { type, data } }) => {
      if (/^honua\.(environment|commit)\./.test(type)) seen.push({ type, data });
    },
    bury: async () => undefined,
  });
  return {
    /** Waits for an event of this type; gives everything up to it. */
    async until(type) {
      await eventually(`${type} was published`, async () =>
        seen.some((event) => event.type === type),
      );
      await stop();
      return seen;
    },
  };
}
