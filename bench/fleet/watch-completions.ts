import { deployCompleted, type Envelope, environmentOf, eventSubject } from "@honua/contracts";
import { connect } from "nats";

/**
 * Hears which environments have completed their deployment of a commit. To ask the database again and
 * again would cost it a good part of what is measured.
 */
export async function hearCompletions(natsUrl: string): Promise<{
  /** Resolves once so many environments have completed it. */
  reached(commit: string, environments: number): Promise<void>;
  stop(): Promise<void>;
}> {
  const connection = await connect({ servers: natsUrl });
  const done = new Map<string, Set<string>>();
  let look = () => {};
  connection.subscribe(eventSubject("*", deployCompleted.name), {
    callback(error, message) {
      if (error) throw error;
      const { commit } = deployCompleted.data.parse(message.json<Envelope>().data);
      const environments = done.get(commit) ?? new Set();
      done.set(commit, environments.add(environmentOf(message.subject)));
      look();
    },
  });
  return {
    reached: (commit, environments) =>
      new Promise((resolve) => {
        look = () => {
          if ((done.get(commit)?.size ?? 0) >= environments) resolve();
        };
        look();
      }),
    stop: () => connection.close(),
  };
}
