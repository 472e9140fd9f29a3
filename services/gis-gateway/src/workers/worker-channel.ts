import {
  type FromWorker,
  toWorker,
  type WorkerQueryName,
  type WorkerReplies,
} from "./worker-messages.ts";

/** All workers of this gateway, including this one. */
export interface WorkerGroup {
  query(question: WorkerQueryName): Promise<WorkerReplies>;
}

/** The channel to the primary process. */
export interface PrimaryChannel {
  send(message: FromWorker): void;
  receive(listener: (message: unknown) => void): void;
}

/** @param handlers produce this worker's reply to each query */
export function createWorkerGroup(
  channel: PrimaryChannel,
  handlers: Record<WorkerQueryName, () => Promise<string>>,
): WorkerGroup {
  const waiting = new Map<number, (result: WorkerReplies) => void>();
  let last = 0;
  channel.receive((message) => {
    const parsed = toWorker.safeParse(message);
    if (!parsed.success) return;
    const { data } = parsed;
    if (data.kind === "are-you-there") channel.send({ kind: "here" });
    else if (data.kind === "ask") void reply(data.id, data.question);
    else {
      waiting.get(data.id)?.({ answers: data.answers, missing: data.missing });
      waiting.delete(data.id);
    }
  });

  return {
    query: (question) =>
      new Promise((resolve) => {
        const id = ++last;
        waiting.set(id, resolve);
        channel.send({ kind: "ask", id, question });
      }),
  };

  async function reply(id: number, question: WorkerQueryName): Promise<void> {
    channel.send({ kind: "answer", id, text: await handlers[question]() });
  }
}
