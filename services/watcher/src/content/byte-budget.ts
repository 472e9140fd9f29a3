/** Runs work that needs a number of bytes once the budget allows it, in the order of the calls. */
export type ByteBudget = <Value>(bytes: number, work: () => Promise<Value>) => Promise<Value>;

/** @param limit bytes of all running work; work that needs more than the limit runs alone */
export function createByteBudget(limit: number): ByteBudget {
  const waiting: { bytes: number; start: () => void }[] = [];
  let used = 0;

  function startWaiting() {
    for (let next = waiting[0]; next && isAllowed(next.bytes); next = waiting[0]) {
      waiting.shift();
      used += next.bytes;
      next.start();
    }
  }

  function isAllowed(bytes: number): boolean {
    return used === 0 || used + bytes <= limit;
  }

  return async (bytes, work) => {
    await new Promise<void>((start) => {
      waiting.push({ bytes, start });
      startWaiting();
    });
    try {
      return await work();
    } finally {
      used -= bytes;
      startWaiting();
    }
  };
}
