import { type Answers, type FromWorker, type Question, toWorker } from "./worker-messages.ts";

/** All workers of this gateway, this one included, as one of them reaches them. */
export interface Siblings {
  ask(question: Question): Promise<Answers>;
}

/** The channel to the process that started this one. */
export interface PrimaryChannel {
  send(message: FromWorker): void;
  receive(listener: (message: unknown) => void): void;
}

/** @param answers what this worker says when it is asked */
export function createSiblings(
  channel: PrimaryChannel,
  answers: Record<Question, () => Promise<string>>,
): Siblings {
  const waiting = new Map<number, (result: Answers) => void>();
  let last = 0;
  channel.receive((message) => {
    const parsed = toWorker.safeParse(message);
    if (!parsed.success) return;
    const { data } = parsed;
    if (data.kind === "are-you-there") channel.send({ kind: "here" });
    else if (data.kind === "ask") void answer(data.id, data.question);
    else {
      waiting.get(data.id)?.({ answers: data.answers, missing: data.missing });
      waiting.delete(data.id);
    }
  });

  return {
    ask: (question) =>
      new Promise((resolve) => {
        const id = ++last;
        waiting.set(id, resolve);
        channel.send({ kind: "ask", id, question });
      }),
  };

  async function answer(id: number, question: Question): Promise<void> {
    channel.send({ kind: "answer", id, text: await answers[question]() });
  }
}
