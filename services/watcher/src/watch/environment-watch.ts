import { type Clock, HonuaError, inSpan, type Log } from "@honua/service-kit";
import type { Room } from "../content/byte-budget.ts";
import {
  type EnvironmentContent,
  listContent,
  withBundle,
} from "../content/environment-content.ts";
import type { Mirror } from "../git/mirror.ts";
import type { SignaturePolicy } from "../signatures/signature-policy.ts";
import { commitInfoOf, type DetectionReason, describeDetection } from "./commit-detection.ts";
import type { Downstream } from "./downstream.ts";
import {
  type CursorSeen,
  type Decision,
  decideAtStart,
  decideOnNewHead,
  decideUnconfirmed,
  forcedHandover,
  isPatient,
  type Known,
} from "./publish-decision.ts";
import type { Source } from "./source.ts";

/** Why a poll happens. */
export interface PollReason {
  trigger: "poll" | "webhook";
  /** Set when the head must be handed over again although nothing changed. */
  force?: { requestId: string };
}

/** What one look at an environment led to. */
export type Outcome = "unchanged" | "advanced" | "adopted" | "handed-over";

/** Follows one environment: decides for each head what downstream must be told. */
export interface EnvironmentWatch {
  readonly source: Source;
  /** @throws HonuaError, GitFailed */
  examine(head: string, reason: PollReason): Promise<Outcome>;
  /**
   * Hands the head over for a plan only. Nothing is remembered of it: whether the head is deployed
   * is decided as if nobody had asked.
   *
   * @throws HonuaError, GitFailed
   */
  handOverForPlan(head: string, request: { requestId: string; requestedBy: string }): Promise<void>;
}

/** A head that is not handed over. */
interface Refusal {
  commit: string;
  error: HonuaError;
  /** Of the trusted keys: other keys may find the same commit good. */
  keys: string;
  recordedAt: Date;
}

/** State is reminded of a refusal that stands, which an older commit may have ended meanwhile. */
const REMIND_EVERY_MS = 60_000;

export function createEnvironmentWatch(deps: {
  source: Source;
  mirror: Mirror;
  signatures: SignaturePolicy;
  downstream: Downstream;
  clock: Clock;
  /** For the files that are in memory at once, in bytes. */
  room: Room;
  log: Log;
  /** When this process started. */
  startedAt: Date;
}): EnvironmentWatch {
  const { source, mirror, signatures, downstream, clock, room, startedAt } = deps;
  const { environment, branch } = source;
  const log = deps.log.child({ environment, branch });
  let known: Known | undefined;
  let refused: Refusal | undefined;

  /** Reads names and modes; a head that was refused is not read again at every poll. */
  async function contentAt(commit: string, force: boolean): Promise<EnvironmentContent> {
    if (refused?.commit === commit && refused.keys === signatures.version() && !force) {
      if (clock.now().getTime() - refused.recordedAt.getTime() >= REMIND_EVERY_MS) {
        await refuse(commit, refused.error, refused.keys);
      }
      throw refused.error;
    }
    return refusing(commit, () => listContent(mirror, environment, commit));
  }

  async function refusing<Result>(commit: string, read: () => Promise<Result>): Promise<Result> {
    // Read first: keys that change meanwhile must not count as those that were looked at.
    const keys = signatures.version();
    try {
      return await read();
    } catch (error) {
      if (error instanceof HonuaError && error.kind === "permanent") {
        await refuse(commit, error, keys);
      }
      throw error;
    }
  }

  async function refuse(commit: string, error: HonuaError, keys: string) {
    const info = commitInfoOf(source, await mirror.commit(commit));
    const { code, message } = error;
    await downstream.recordRefused({ environment, commit: info, code, reason: message });
    refused = { commit, error, keys, recordedAt: clock.now() };
  }

  async function advance(content: EnvironmentContent, cursor: CursorSeen | undefined) {
    const { commit, treeHash } = content;
    await downstream.recordSeen({ environment, commit, branch });
    if (cursor?.value?.commit !== commit) await moveCursor(content);
    known = { commit, treeHash, unconfirmed: known?.unconfirmed };
  }

  async function moveCursor({ commit, treeHash }: EnvironmentContent) {
    const repository = source.repository.url;
    const at = clock.now().toISOString();
    await downstream.moveCursor({ environment, repository, branch, commit, treeHash, at });
  }

  /** @param repeats how often this was handed over before without state confirming it */
  async function handOver(
    content: EnvironmentContent,
    messageId: string,
    reason: DetectionReason,
    repeats = 0,
  ) {
    const { commit, treeHash } = content;
    const signature = await refusing(commit, () => signatures.check(mirror, commit, log));
    // The trace of a deployment begins here, and ends with the last gateway's verification.
    await inSpan("hand over commit", { environment, commit }, () =>
      refusing(commit, () =>
        withBundle(mirror, content, room, async (bundle) => {
          const facts = { mirror, source, content, reason, signature, log };
          const detection = await describeDetection(facts);
          await downstream.handOver({ environment, messageId, bundle, detection });
        }),
      ),
    );
    await moveCursor(content);
    known = { commit, treeHash, unconfirmed: { commit, at: clock.now(), repeats } };
  }

  async function follow(
    decision: Decision,
    content: EnvironmentContent,
    cursor: CursorSeen | undefined,
    reason: DetectionReason,
  ): Promise<Outcome> {
    switch (decision.action) {
      case "advance":
        await advance(content, cursor);
        return "advanced";
      case "adopt": {
        const { commit, treeHash } = content;
        known = { commit, treeHash, unconfirmed: { commit, at: decision.at, repeats: 0 } };
        log.debug({ commit }, "The commit was already handed over");
        return "adopted";
      }
      case "hand-over":
        await handOver(content, decision.messageId, reason);
        return "handed-over";
    }
  }

  async function examineAtStart(content: EnvironmentContent, reason: PollReason) {
    const cursor = await downstream.cursor(environment);
    const situation = await downstream.situation(environment);
    const facts = { head: content, cursor, situation, startedAt, now: clock.now() };
    const decision = reason.force
      ? forcedHandover(content, reason.force.requestId)
      : decideAtStart(facts);
    const previous = cursor.value?.commit ?? situation.live?.commit ?? null;
    log.info({ commit: content.commit }, `Initial commit: ${content.commit}`);
    return follow(decision, content, cursor, {
      previous,
      detectedBy: reason.force ? "sync" : "start",
    });
  }

  async function confirm(content: EnvironmentContent, current: Known): Promise<Outcome> {
    const { unconfirmed } = current;
    if (!unconfirmed) return "unchanged";
    const situation = await downstream.situation(environment);
    const facts = { head: content, unconfirmed, situation, startedAt, now: clock.now() };
    const decision = decideUnconfirmed(facts);
    if (decision.action === "wait") return "unchanged";
    if (decision.action === "hand-over") {
      log.warn({ commit: content.commit }, "State does not know the commit; handing it over again");
      const reason: DetectionReason = { previous: content.commit, detectedBy: "poll" };
      await handOver(content, decision.messageId, reason, unconfirmed.repeats + 1);
      return "handed-over";
    }
    if (decision.action === "give-up") {
      log.error(
        { commit: content.commit },
        `State never took over the commit of '${environment}'; look at the reconciler`,
      );
    }
    known = { ...current, unconfirmed: undefined };
    return "unchanged";
  }

  /** State is told when a head is fine again that it may take for refused. */
  async function examine(head: string, reason: PollReason): Promise<Outcome> {
    const outcome = await look(head, reason);
    if (refused && outcome !== "handed-over") {
      await downstream.recordSeen({ environment, commit: head, branch });
    }
    refused = undefined;
    return outcome;
  }

  async function look(head: string, reason: PollReason): Promise<Outcome> {
    const force = reason.force;
    const { unconfirmed } = known ?? {};
    const isSettled = !unconfirmed || isPatient(unconfirmed, clock.now());
    if (known?.commit === head && isSettled && !force) return "unchanged";
    const content = await contentAt(head, force !== undefined);
    if (known === undefined) return examineAtStart(content, reason);
    if (force) {
      const decision = forcedHandover(content, force.requestId);
      const previous = known.commit;
      return follow(decision, content, undefined, { previous, detectedBy: "sync" });
    }
    if (known.commit === head) return confirm(content, known);
    const cursor = await downstream.cursor(environment);
    const decision = decideOnNewHead({ head: content, known, cursor });
    const previous = known.commit;
    return follow(decision, content, cursor, { previous, detectedBy: reason.trigger });
  }

  async function handOverForPlan(
    head: string,
    { requestId, requestedBy }: { requestId: string; requestedBy: string },
  ): Promise<void> {
    const content = await listContent(mirror, environment, head);
    const signature = await signatures.check(mirror, head, log);
    const reason: DetectionReason = { previous: null, detectedBy: "sync" };
    const facts = { mirror, source, content, reason, signature, log };
    await withBundle(mirror, content, room, async (bundle) => {
      const detection = await describeDetection(facts);
      await downstream.handOver({
        environment,
        messageId: requestId,
        bundle,
        detection: { ...detection, forced: false, dryRun: true, requestedBy },
      });
    });
  }

  return { source, examine, handOverForPlan };
}
