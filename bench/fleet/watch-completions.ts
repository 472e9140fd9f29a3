import { deployCompleted, type Envelope, environmentOf, eventSubject } from "@honua/contracts";
import { connect } from "nats";

/**
 * Tracks with events which environments have completed the deployment of a commit. Polling the database
 * would distort the measurement.
 */
export async function watchCompletions(natsUrl: string): Promise<{
  /** Resolves when this number of environments has completed the deployment. */
  waitFor(commit: string, environments: number): Promise<void>;
  stop(): Promise<void>;
}> {
  const connection = await connect({ servers: natsUrl });
  const done = new Map<string, Set<string>>();
  let checkWaiter = () => {};
  connection.subscribe(eventSubject("*", deployCompleted.name), {
    callback(error, message) {
      if (error) throw error;
      const { commit } = deployCompleted.data.parse(message.json<Envelope>().data);
      const environments = done.get(commit) ?? new Set();
      done.set(commit, environments.add(environmentOf(message.subject)));
      checkWaiter();
    },
  });
  return {
    waitFor: (commit, environments) =>
      new Promise((resolve) => {
        checkWaiter = () => {
          if ((done.get(commit)?.size ?? 0) >= environments) resolve();
        };
        checkWaiter();
      }),
    stop: () => connection.close(),
  };
}
