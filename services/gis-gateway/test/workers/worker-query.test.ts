import { expect, it, vi } from "vitest";
import type { ToWorker } from "../../src/workers/worker-messages.ts";
import { createWorkerQueryRouter } from "../../src/workers/worker-query.ts";

function pollOf(present: readonly number[]) {
  const sent: { worker: number; message: ToWorker }[] = [];
  const poll = createWorkerQueryRouter({
    numbers: [1, 2, 3],
    send(worker, message) {
      if (!present.includes(worker)) return false;
      sent.push({ worker, message });
      return true;
    },
  });
  const idOf = (worker: number) => {
    const message = sent.find((entry) => entry.worker === worker)?.message;
    return message?.kind === "ask" ? message.id : 0;
  };
  const result = () => sent.find(({ message }) => message.kind === "answers");
  return { poll, idOf, result };
}

it("returns all replies to the requesting worker, and lists missing workers", () => {
  const { poll, idOf, result } = pollOf([1, 3]);
  poll.receive(3, { kind: "ask", id: 7, question: "metrics" });
  poll.receive(3, { kind: "answer", id: idOf(3), text: "three" });
  expect(result()).toBeUndefined();
  poll.receive(1, { kind: "answer", id: idOf(1), text: "one" });
  expect(result()).toEqual({
    worker: 3,
    message: {
      kind: "answers",
      id: 7,
      answers: [
        { worker: 1, text: "one" },
        { worker: 3, text: "three" },
      ],
      missing: [2],
    },
  });
});

it("sends a query of the primary to all workers", async () => {
  const { poll, idOf } = pollOf([1, 2]);
  const result = poll.query("metrics");
  poll.receive(1, { kind: "answer", id: idOf(1), text: "one" });
  poll.forget(2);
  expect(await result).toEqual({ answers: [{ worker: 1, text: "one" }], missing: [2, 3] });
});

it("does not wait for a worker that exits, and times out for a silent one", () => {
  vi.useFakeTimers();
  try {
    const { poll, idOf, result } = pollOf([1, 2, 3]);
    poll.receive(1, { kind: "ask", id: 1, question: "readiness" });
    poll.receive(1, { kind: "answer", id: idOf(1), text: "one" });
    poll.forget(2);
    expect(result()).toBeUndefined();
    vi.advanceTimersByTime(2_000);
    expect(result()?.message).toMatchObject({
      answers: [{ worker: 1, text: "one" }],
      missing: [2, 3],
    });
  } finally {
    vi.useRealTimers();
  }
});
