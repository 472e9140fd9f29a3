import { type Clock, inSpan, type Log } from "@honua/service-kit";
import type { ByteBudget } from "../content/byte-budget.ts";
import {
  type EnvironmentContent,
  listContent,
  withBundle,
} from "../content/environment-content.ts";
import type { Mirror } from "../git/mirror.ts";
import type { SignaturePolicy } from "../signatures/signature-policy.ts";
import { commitInfoOf, type DetectionReason, describeCommit } from "./commit-detection.ts";
import type { Downstream } from "./downstream.ts";
import {
  type CursorEntry,
  decideAtStart,
  decideNewHead,
  decideUnconfirmed,
  forcedPublication,
  isWithinConfirmationTime,
  type KnownHead,
  type PublishDecision,
} from "./publish-decision.ts";
import { RefusedHead } from "./refused-head.ts";
import type { Source } from "./source.ts";

/** Why a head is examined. */
export interface ExamineReason {
  trigger: "poll" | "webhook";
  /** Set if the commit must be published even if nothing changed. */
  force?: { requestId: string };
}

/** Result of examining a head; also the `outcome` label of `honua.gitops.polls`. */
export type Outcome = "unchanged" | "advanced" | "adopted" | "handed-over";

export interface EnvironmentWatchDeps {
  source: Source;
  mirror: Mirror;
  signatures: SignaturePolicy;
  downstream: Downstream;
  clock: Clock;
  /** Limits the bytes of all bundles in memory. */
  byteBudget: ByteBudget;
  log: Log;
  /** Start of this process. */
  startedAt: Date;
}

/**
 * Follows one environment: examines each head of its branch and publishes the commits that change
 * the environment. `publish-decision.ts` decides; this class reads Git and talks to the bus and to
 * state.
 */
export class EnvironmentWatch {
  readonly source: Source;
  readonly #deps: EnvironmentWatchDeps;
  readonly #log: Log;
  readonly #refused: RefusedHead;
  #known: KnownHead | undefined;

  constructor(deps: EnvironmentWatchDeps) {
    const { source, signatures, clock, log } = deps;
    this.source = source;
    this.#deps = deps;
    this.#log = log.child({ environment: source.environment, branch: source.branch });
    this.#refused = new RefusedHead({
      keysVersion: () => signatures.version(),
      now: () => clock.now(),
      record: async (commit, { code, message }) => {
        const info = commitInfoOf(source, await deps.mirror.commit(commit));
        const { environment } = source;
        await deps.downstream.recordRefused({ environment, commit: info, code, reason: message });
      },
    });
  }

  /** @throws HonuaError, GitFailed */
  async examine(head: string, reason: ExamineReason): Promise<Outcome> {
    const outcome = await this.#examine(head, reason);
    // State may still show this head as refused.
    if (this.#refused.exists && outcome !== "handed-over") await this.#recordSeen(head);
    this.#refused.clear();
    return outcome;
  }

  /**
   * Publishes the head for a plan only. The watch keeps no record of it, so that the head is still
   * deployed when its time comes.
   *
   * @throws HonuaError, GitFailed
   */
  async publishForPlan(
    head: string,
    { requestId, requestedBy }: { requestId: string; requestedBy: string },
  ): Promise<void> {
    const { mirror, signatures, byteBudget, downstream } = this.#deps;
    const { environment } = this.source;
    const content = await listContent(mirror, environment, head);
    const signature = await signatures.check(mirror, head, this.#log);
    const reason: DetectionReason = { previous: null, detectedBy: "sync" };
    await withBundle(mirror, content, byteBudget, async (bundle) => {
      const { source } = this;
      const detection = await describeCommit({
        ...{ mirror, source, content, reason, signature },
        log: this.#log,
      });
      await downstream.publishCommit({
        environment,
        messageId: requestId,
        bundle,
        detection: { ...detection, forced: false, dryRun: true, requestedBy },
      });
    });
  }

  async #examine(head: string, reason: ExamineReason): Promise<Outcome> {
    const { downstream, clock } = this.#deps;
    const { environment } = this.source;
    const { force } = reason;
    const known = this.#known;
    const isSettled =
      !known?.unconfirmed || isWithinConfirmationTime(known.unconfirmed, clock.now());
    if (known?.commit === head && isSettled && !force) return "unchanged";

    const content = await this.#listContent(head, force !== undefined);
    if (known === undefined) return this.#examineAtStart(content, reason);
    const previous = known.commit;
    if (force) {
      const decision = forcedPublication(content, force.requestId);
      return this.#follow(decision, content, undefined, { previous, detectedBy: "sync" });
    }
    if (known.commit === head) return this.#confirm(content, known);
    const cursor = await downstream.cursor(environment);
    const decision = decideNewHead({ head: content, known, cursor });
    return this.#follow(decision, content, cursor, { previous, detectedBy: reason.trigger });
  }

  /** Lists names and modes. A refused head is not listed again at every poll. */
  async #listContent(commit: string, force: boolean): Promise<EnvironmentContent> {
    if (!force) await this.#refused.throwIfRefused(commit);
    return this.#refused.recordingRefusal(commit, () =>
      listContent(this.#deps.mirror, this.source.environment, commit),
    );
  }

  async #examineAtStart(content: EnvironmentContent, reason: ExamineReason): Promise<Outcome> {
    const { downstream, startedAt, clock } = this.#deps;
    const { environment } = this.source;
    const cursor = await downstream.cursor(environment);
    const situation = await downstream.situation(environment);
    const decision = reason.force
      ? forcedPublication(content, reason.force.requestId)
      : decideAtStart({ head: content, cursor, situation, startedAt, now: clock.now() });
    const previous = cursor.value?.commit ?? situation.live?.commit ?? null;
    this.#log.info({ commit: content.commit }, `Initial commit: ${content.commit}`);
    const detectedBy = reason.force ? "sync" : "start";
    return this.#follow(decision, content, cursor, { previous, detectedBy });
  }

  async #confirm(content: EnvironmentContent, known: KnownHead): Promise<Outcome> {
    const { downstream, startedAt, clock } = this.#deps;
    const { environment } = this.source;
    const { commit } = content;
    const { unconfirmed } = known;
    if (!unconfirmed) return "unchanged";
    const situation = await downstream.situation(environment);
    const now = clock.now();
    const decision = decideUnconfirmed({ head: content, unconfirmed, situation, startedAt, now });
    if (decision.action === "wait") return "unchanged";
    if (decision.action === "publish") {
      this.#log.warn({ commit }, "State has not received the commit; publishing it again");
      const reason: DetectionReason = { previous: commit, detectedBy: "poll" };
      await this.#publish(content, decision.messageId, reason, unconfirmed.repeats + 1);
      return "handed-over";
    }
    if (decision.action === "stop-repeating") {
      const line = `State never received the commit of '${environment}'; check the reconciler`;
      this.#log.error({ commit }, line);
    }
    this.#known = { ...known, unconfirmed: undefined };
    return "unchanged";
  }

  async #follow(
    decision: PublishDecision,
    content: EnvironmentContent,
    cursor: CursorEntry | undefined,
    reason: DetectionReason,
  ): Promise<Outcome> {
    const { commit, treeHash } = content;
    switch (decision.action) {
      case "advance":
        await this.#recordSeen(commit);
        if (cursor?.value?.commit !== commit) await this.#moveCursor(content);
        this.#known = { commit, treeHash, unconfirmed: this.#known?.unconfirmed };
        return "advanced";
      case "adopt":
        this.#known = { commit, treeHash, unconfirmed: { commit, at: decision.at, repeats: 0 } };
        this.#log.debug({ commit }, "The commit has already been published");
        return "adopted";
      case "publish":
        await this.#publish(content, decision.messageId, reason, 0);
        return "handed-over";
    }
  }

  /** @param repeats earlier publications of this commit that state did not confirm */
  async #publish(
    content: EnvironmentContent,
    messageId: string,
    reason: DetectionReason,
    repeats: number,
  ) {
    const { mirror, signatures, byteBudget, downstream, clock } = this.#deps;
    const { source } = this;
    const { environment } = source;
    const { commit, treeHash } = content;
    const log = this.#log;
    const signature = await this.#refused.recordingRefusal(commit, () =>
      signatures.check(mirror, commit, log),
    );
    // The trace of a deployment begins here, and ends with the verification of the last gateway.
    await inSpan("hand over commit", { environment, commit }, () =>
      this.#refused.recordingRefusal(commit, () =>
        withBundle(mirror, content, byteBudget, async (bundle) => {
          const facts = { mirror, source, content, reason, signature, log };
          const detection = await describeCommit(facts);
          await downstream.publishCommit({ environment, messageId, bundle, detection });
        }),
      ),
    );
    await this.#moveCursor(content);
    this.#known = { commit, treeHash, unconfirmed: { commit, at: clock.now(), repeats } };
  }

  async #recordSeen(commit: string) {
    const { environment, branch } = this.source;
    await this.#deps.downstream.recordSeen({ environment, commit, branch });
  }

  async #moveCursor({ commit, treeHash }: EnvironmentContent) {
    const { environment, branch } = this.source;
    const repository = this.source.repository.url;
    const at = this.#deps.clock.now().toISOString();
    const cursor = { environment, repository, branch, commit, treeHash, at };
    await this.#deps.downstream.moveCursor(cursor);
  }
}
