import { z } from "zod";

/** What one worker can be asked for through the primary; the answer is text. */
export const QUESTIONS = ["metrics", "readiness", "gitops-health"] as const;
export type Question = (typeof QUESTIONS)[number];

const ask = z.object({ kind: z.literal("ask"), id: z.number(), question: z.enum(QUESTIONS) });
const answer = z.object({ kind: z.literal("answer"), id: z.number(), text: z.string() });

const here = z.object({ kind: z.literal("here") });

/** From a worker to the primary: a question to all workers, its own answer to one, or that it is there. */
export const fromWorker = z.discriminatedUnion("kind", [ask, answer, here]);
export type FromWorker = z.output<typeof fromWorker>;

const workerAnswer = z.object({ worker: z.number(), text: z.string() });
export type WorkerAnswer = z.output<typeof workerAnswer>;

/** What all workers said, and those that did not say anything in time. */
const answers = z.object({
  kind: z.literal("answers"),
  id: z.number(),
  answers: z.array(workerAnswer),
  missing: z.array(z.number()),
});
export type Answers = Pick<z.output<typeof answers>, "answers" | "missing">;

const areYouThere = z.object({ kind: z.literal("are-you-there") });

/** From the primary to a worker: a question for it, or the answers to the one that it asked. */
export const toWorker = z.discriminatedUnion("kind", [ask, answers, areYouThere]);
export type ToWorker = z.output<typeof toWorker>;
