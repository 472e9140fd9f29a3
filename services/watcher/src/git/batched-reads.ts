import type { Mirror } from "./mirror.ts";

/**
 * A mirror that reads objects with one git process at a time: what is asked for while one runs goes to
 * the next one together. Two processes for each of a thousand environments took half a minute.
 */
export function batchReads(mirror: Mirror): Mirror {
  return { ...mirror, sizes: batched(mirror.sizes), contents: batched(mirror.contents) };
}

type Read<Value> = (ids: readonly string[]) => Promise<Map<string, Value>>;

interface Question<Value> {
  ids: readonly string[];
  answer: (values: Promise<Map<string, Value>>) => void;
}

function batched<Value>(read: Read<Value>): Read<Value> {
  const waiting: Question<Value>[] = [];
  let isReading = false;

  async function readWaiting() {
    if (isReading) return;
    isReading = true;
    while (waiting.length > 0) await answerTogether(waiting.splice(0));
    isReading = false;
  }

  async function answerTogether(questions: readonly Question<Value>[]) {
    const ids = new Set(questions.flatMap((question) => question.ids));
    try {
      const values = await read([...ids]);
      for (const { answer } of questions) answer(Promise.resolve(values));
    } catch {
      // An object that cannot be read must not keep the others from being read.
      for (const question of questions) {
        const values = read(question.ids);
        question.answer(values);
        await values.catch(() => undefined);
      }
    }
  }

  return (ids) =>
    new Promise((resolve) => {
      waiting.push({ ids, answer: resolve });
      void readWaiting();
    });
}
