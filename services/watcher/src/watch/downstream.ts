import {
  type CommitInfo,
  commitDetected,
  type EnvironmentOverview,
  type ErrorCode,
  getEnvironmentOverview,
  recordCommitRefused,
  recordCommitSeen,
  type WatchCursor,
  watchCursorsBucket,
} from "@honua/contracts";
import { type Bus, HonuaError, messageOf, TransientError } from "@honua/service-kit";
import type { Detection } from "./commit-detection.ts";
import type { CursorEntry } from "./publish-decision.ts";

/** The requests of the watcher to the bus and to state. Each method throws TransientError only. */
export interface Downstream {
  situation(environment: string): Promise<EnvironmentOverview>;
  cursor(environment: string): Promise<CursorEntry>;
  moveCursor(cursor: WatchCursor): Promise<void>;
  recordSeen(seen: { environment: string; commit: string; branch: string }): Promise<void>;
  /** Reports that a head is not published, and why. May be repeated. */
  recordRefused(refused: {
    environment: string;
    commit: CommitInfo;
    code: string;
    reason: string;
  }): Promise<void>;
  /** Stores the bundle, then publishes `commit.detected`. */
  publishCommit(commit: {
    environment: string;
    messageId: string;
    bundle: { text: string; bytes: number; files: number };
    detection: Detection;
  }): Promise<void>;
}

/** Each failure has the code of the peer that did not respond. */
export function createDownstream(bus: Bus): Downstream {
  const cursors = () => bus.bucket(watchCursorsBucket);
  return {
    situation: (environment) => onState(() => bus.call(getEnvironmentOverview, { environment })),
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
      onState(async () => {
        await bus.call(recordCommitSeen, seen);
      }),
    recordRefused: (refused) =>
      onState(async () => {
        await bus.call(recordCommitRefused, refused);
      }),
    publishCommit: ({ environment, messageId, bundle, detection }) =>
      onBus(async () => {
        const digest = await (await bus.objects("bundles")).put(bundle.text);
        const { bytes, files } = bundle;
        const data = { ...detection, bundle: { digest, bytes, files } };
        await bus.publish(commitDetected, { environment, id: messageId, data });
      }),
  };
}

function onState<Result>(work: () => Promise<Result>): Promise<Result> {
  return withErrorCode("state-unavailable", "The state service does not respond", work);
}

function onBus<Result>(work: () => Promise<Result>): Promise<Result> {
  return withErrorCode("bus-unavailable", "The message bus does not respond", work);
}

async function withErrorCode<Result>(
  code: ErrorCode,
  problem: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const data = cause instanceof HonuaError ? { peerCode: cause.code } : {};
    throw new TransientError(code, `${problem}; retrying: ${messageOf(cause)}`, { cause, data });
  }
}
