import type { WorkerGroup } from "./worker-channel.ts";
import type { FromWorker, ToWorker, WorkerQueryName, WorkerReplies } from "./worker-messages.ts";

/** Milliseconds within which a worker must reply. */
const REPLY_TIMEOUT_MS = 2_000;

/** Runs in the primary and sends queries, its own and those of workers, to all workers. */
export interface WorkerQueryRouter extends WorkerGroup {
  /** Handles a message of a worker. */
  receive(worker: number, message: FromWorker): void;
  /** Stops waiting for a worker that has exited. */
  forget(worker: number): void;
}

/**
 * @param deps.numbers the numbers of all expected workers
 * @param deps.send returns false if the worker is not running
 */
export function createWorkerQueryRouter(deps: {
  numbers: readonly number[];
  send: (worker: number, message: ToWorker) => boolean;
}): WorkerQueryRouter {
  const pending = new Map<number, PendingQuery>();
  let last = 0;

  return {
    query: (question) => new Promise((resolve) => startQuery(question, resolve)),
    receive(worker, message) {
      if (message.kind === "ask") {
        const { id } = message;
        startQuery(message.question, (result) =>
          deps.send(worker, { kind: "answers", id, ...result }),
        );
      }
      if (message.kind === "answer") pending.get(message.id)?.addReply(worker, message.text);
    },
    forget(worker) {
      for (const round of pending.values()) round.addReply(worker, undefined);
    },
  };

  function startQuery(question: WorkerQueryName, deliver: (result: WorkerReplies) => void): void {
    const id = ++last;
    const round = createPendingQuery(deps.numbers, (result) => {
      pending.delete(id);
      deliver(result);
    });
    pending.set(id, round);
    for (const worker of deps.numbers) {
      if (!deps.send(worker, { kind: "ask", id, question })) round.addReply(worker, undefined);
    }
  }
}

interface PendingQuery {
  /** @param text undefined if the worker cannot reply */
  addReply(worker: number, text: string | undefined): void;
}

function createPendingQuery(
  numbers: readonly number[],
  finish: (result: WorkerReplies) => void,
): PendingQuery {
  const awaited = new Set(numbers);
  const replies = new Map<number, string>();
  const end = () => {
    clearTimeout(timer);
    awaited.clear();
    finish({
      answers: [...replies].map(([worker, text]) => ({ worker, text })).sort(byWorker),
      missing: numbers.filter((worker) => !replies.has(worker)),
    });
  };
  const timer = setTimeout(end, REPLY_TIMEOUT_MS);
  return {
    addReply(worker, text) {
      if (!awaited.delete(worker)) return;
      if (text !== undefined) replies.set(worker, text);
      if (awaited.size === 0) end();
    },
  };
}

function byWorker(a: { worker: number }, b: { worker: number }): number {
  return a.worker - b.worker;
}
