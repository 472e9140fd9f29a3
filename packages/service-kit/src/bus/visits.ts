import type { Gate } from "./in-flight.ts";

/** Milliseconds after which a visited place is looked at again, as long as it is busy. */
const LOOK_AGAIN_MS = 2_000;
/**
 * Milliseconds for which a visit keeps its place in the gate. One that lasts longer waits for
 * something, such as a gateway, and must not keep others from their work.
 */
const KEEPS_PLACE_MS = 2_000;

/** Visits to one place, one after the other. */
export interface Visits {
  /** Visits now, or once more after the visit under way. */
  wake(): void;
  /** Ends the visits, after the one under way. */
  stop(): Promise<void>;
}

/**
 * Visits a place whenever it is woken, and looks at it now and then until nothing is left there that
 * somebody else might not bring to its end.
 *
 * @param deps.visit gives the milliseconds after which to come again, when it knows of something
 */
export function createVisits(deps: {
  gate: Gate;
  visit: () => Promise<number | undefined>;
  isBusy: () => Promise<boolean>;
}): Visits {
  let isStopped = false;
  let isWanted = false;
  let underWay: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;

  function wake() {
    if (isStopped) return;
    isWanted = true;
    underWay ??= visitWhileWanted();
    lookAfter(LOOK_AGAIN_MS);
  }

  async function visitWhileWanted() {
    while (isWanted && !isStopped) {
      const again = await withPlace(() => {
        isWanted = false;
        return deps.visit();
      });
      if (again !== undefined) lookAfter(again);
    }
    // In the same turn as the last look at what is wanted, so that no wish is lost.
    underWay = undefined;
  }

  async function withPlace<Value>(work: () => Promise<Value>): Promise<Value> {
    const { working } = await deps.gate(async () => {
      const working = work();
      await atMost(KEEPS_PLACE_MS, working);
      return { working };
    });
    return working;
  }

  function lookAfter(ms: number) {
    const at = performance.now() + ms;
    if (isStopped || at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), ms);
  }

  async function look() {
    due = Number.POSITIVE_INFINITY;
    // Whoever is there sees for himself.
    if (underWay) return lookAfter(LOOK_AGAIN_MS);
    if (await deps.isBusy()) wake();
  }

  return {
    wake,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}

/** Waits for the end of work, however it ends, but not for longer than so many milliseconds. */
function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(end, end);
  });
}
