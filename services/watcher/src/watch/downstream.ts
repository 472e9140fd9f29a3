import {
  type CommitInfo,
  commitDetected,
  type EnvironmentSituation,
  getSituation,
  recordCommitRefused,
  recordCommitSeen,
  type WatchCursor,
  watchCursorsBucket,
} from "@honua/contracts";
import { type Bus, HonuaError, messageOf, TransientError } from "@honua/service-kit";
import type { Detection } from "./commit-detection.ts";
import type { CursorSeen } from "./publish-decision.ts";

/** Everything the watcher asks of the bus and of state. Each method throws TransientError only. */
export interface Downstream {
  situation(environment: string): Promise<EnvironmentSituation>;
  cursor(environment: string): Promise<CursorSeen>;
  moveCursor(cursor: WatchCursor): Promise<void>;
  recordSeen(seen: { environment: string; commit: string; branch: string }): Promise<void>;
  /** Tells that a head is not handed over, and why; as often as wanted. */
  recordRefused(refused: {
    environment: string;
    commit: CommitInfo;
    code: string;
    reason: string;
  }): Promise<void>;
  /** Stores the bundle, then publishes `commit.detected`. */
  handOver(handover: {
    environment: string;
    messageId: string;
    bundle: { text: string; bytes: number; files: number };
    detection: Detection;
  }): Promise<void>;
}

/** The bus, with each failure under the name of who did not answer. */
export function createDownstream(bus: Bus): Downstream {
  const cursors = () => bus.bucket(watchCursorsBucket);
  return {
    situation: (environment) =>
      named("state-unavailable", "state does not answer", () =>
        bus.call(getSituation, { environment }),
      ),
    cursor: (environment) =>
      onBus(async () => {
        const entry = await (await cursors()).get(environment);
        return { value: entry?.value, revision: entry?.revision ?? 0 };
      }),
    moveCursor: (cursor) =>
      onBus(async () => {
        await (await cursors()).put(cursor.environment, cursor);
      }),
    recordSeen: (seen) =>
      named("state-unavailable", "state does not answer", async () => {
        await bus.call(recordCommitSeen, seen);
      }),
    recordRefused: (refused) =>
      named("state-unavailable", "state does not answer", async () => {
        await bus.call(recordCommitRefused, refused);
      }),
    handOver: ({ environment, messageId, bundle, detection }) =>
      onBus(async () => {
        const digest = await (await bus.objects("bundles")).put(bundle.text);
        const { bytes, files } = bundle;
        const data = { ...detection, bundle: { digest, bytes, files } };
        await bus.publish(commitDetected, { environment, id: messageId, data });
      }),
  };
}

function onBus<Result>(work: () => Promise<Result>): Promise<Result> {
  return named("bus-unavailable", "the message bus does not answer", work);
}

async function named<Result>(
  code: string,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const peer = cause instanceof HonuaError ? { peerCode: cause.code } : {};
    const message = `${what}; it is tried again: ${messageOf(cause)}`;
    throw new TransientError(code, message, { cause, data: peer });
  }
}
