/** Does work that takes some room, once there is enough of it; in the order in which it was asked for. */
export type Room = <Value>(size: number, work: () => Promise<Value>) => Promise<Value>;

/** @param most room there is for all work under way; what alone needs more goes when nothing else does */
export function createRoom(most: number): Room {
  const waiting: { size: number; begin: () => void }[] = [];
  let taken = 0;

  function letIn() {
    for (let next = waiting[0]; next && isRoomFor(next.size); next = waiting[0]) {
      waiting.shift();
      taken += next.size;
      next.begin();
    }
  }

  function isRoomFor(size: number): boolean {
    return taken === 0 || taken + size <= most;
  }

  return async (size, work) => {
    await new Promise<void>((begin) => {
      waiting.push({ size, begin });
      letIn();
    });
    try {
      return await work();
    } finally {
      taken -= size;
      letIn();
    }
  };
}
