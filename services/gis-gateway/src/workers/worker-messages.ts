import { z } from "zod";

/** Queries that the primary forwards to all workers. Replies are text. */
export const WORKER_QUERIES = ["metrics", "readiness", "gitops-health"] as const;
export type WorkerQueryName = (typeof WORKER_QUERIES)[number];

const ask = z.object({ kind: z.literal("ask"), id: z.number(), question: z.enum(WORKER_QUERIES) });
const answer = z.object({ kind: z.literal("answer"), id: z.number(), text: z.string() });

const here = z.object({ kind: z.literal("here") });

/** From a worker to the primary: a query to all workers, a reply, or a response to a ping. */
export const fromWorker = z.discriminatedUnion("kind", [ask, answer, here]);
export type FromWorker = z.output<typeof fromWorker>;

const workerReply = z.object({ worker: z.number(), text: z.string() });
export type WorkerReply = z.output<typeof workerReply>;

/** The replies of all workers, and the workers that did not reply in time. */
const answers = z.object({
  kind: z.literal("answers"),
  id: z.number(),
  answers: z.array(workerReply),
  missing: z.array(z.number()),
});
export type WorkerReplies = Pick<z.output<typeof answers>, "answers" | "missing">;

const areYouThere = z.object({ kind: z.literal("are-you-there") });

/** From the primary to a worker: a query, the replies to its own query, or a ping. */
export const toWorker = z.discriminatedUnion("kind", [ask, answers, areYouThere]);
export type ToWorker = z.output<typeof toWorker>;
