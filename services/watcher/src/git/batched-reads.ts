import type { Mirror } from "./mirror.ts";

/**
 * A mirror that reads objects with one git process at a time. Reads that arrive while a process
 * runs are combined for the next one. Two processes for each of a thousand environments took half
 * a minute.
 */
export function batchReads(mirror: Mirror): Mirror {
  return { ...mirror, sizes: batched(mirror.sizes), contents: batched(mirror.contents) };
}

type Read<Value> = (ids: readonly string[]) => Promise<Map<string, Value>>;

interface PendingRead<Value> {
  ids: readonly string[];
  settle: (values: Promise<Map<string, Value>>) => void;
}

function batched<Value>(read: Read<Value>): Read<Value> {
  const pending: PendingRead<Value>[] = [];
  let isReading = false;

  async function readPending() {
    if (isReading) return;
    isReading = true;
    while (pending.length > 0) await readTogether(pending.splice(0));
    isReading = false;
  }

  async function readTogether(reads: readonly PendingRead<Value>[]) {
    const ids = new Set(reads.flatMap((pendingRead) => pendingRead.ids));
    try {
      const values = await read([...ids]);
      for (const { settle } of reads) settle(Promise.resolve(values));
    } catch {
      // Retry one by one, so that an unreadable object fails only the reads that need it.
      for (const pendingRead of reads) {
        const values = read(pendingRead.ids);
        pendingRead.settle(values);
        await values.catch(() => undefined);
      }
    }
  }

  return (ids) =>
    new Promise((resolve) => {
      pending.push({ ids, settle: resolve });
      void readPending();
    });
}
