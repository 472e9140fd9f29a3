import type { Siblings } from "./siblings.ts";
import type { Answers, FromWorker, Question, ToWorker } from "./worker-messages.ts";

/** Milliseconds in which a worker says something, or counts as missing. */
const ANSWER_MS = 2_000;

/** Puts questions to all workers, in the process that started them: its own, and those of a worker. */
export interface WorkerPoll extends Siblings {
  /** What a worker has sent. */
  receive(worker: number, message: FromWorker): void;
  /** A worker has ended, so that nobody waits for it. */
  forget(worker: number): void;
}

/**
 * @param deps.numbers of all workers that should be there
 * @param deps.send false when the worker is not there
 */
export function createWorkerPoll(deps: {
  numbers: readonly number[];
  send: (worker: number, message: ToWorker) => boolean;
}): WorkerPoll {
  const rounds = new Map<number, Round>();
  let last = 0;

  return {
    ask: (question) => new Promise((resolve) => begin(question, resolve)),
    receive(worker, message) {
      if (message.kind === "ask") {
        const { id } = message;
        begin(message.question, (result) => deps.send(worker, { kind: "answers", id, ...result }));
      }
      if (message.kind === "answer") rounds.get(message.id)?.take(worker, message.text);
    },
    forget(worker) {
      for (const round of rounds.values()) round.take(worker, undefined);
    },
  };

  function begin(question: Question, deliver: (result: Answers) => void): void {
    const id = ++last;
    const round = createRound(deps.numbers, (result) => {
      rounds.delete(id);
      deliver(result);
    });
    rounds.set(id, round);
    for (const worker of deps.numbers) {
      if (!deps.send(worker, { kind: "ask", id, question })) round.take(worker, undefined);
    }
  }
}

interface Round {
  /** @param text undefined: there will be none */
  take(worker: number, text: string | undefined): void;
}

function createRound(numbers: readonly number[], finish: (result: Answers) => void): Round {
  const awaited = new Set(numbers);
  const said = new Map<number, string>();
  const end = () => {
    clearTimeout(timer);
    awaited.clear();
    finish({
      answers: [...said].map(([worker, text]) => ({ worker, text })).sort(byWorker),
      missing: numbers.filter((worker) => !said.has(worker)),
    });
  };
  const timer = setTimeout(end, ANSWER_MS);
  return {
    take(worker, text) {
      if (!awaited.delete(worker)) return;
      if (text !== undefined) said.set(worker, text);
      if (awaited.size === 0) end();
    },
  };
}

function byWorker(a: { worker: number }, b: { worker: number }): number {
  return a.worker - b.worker;
}
