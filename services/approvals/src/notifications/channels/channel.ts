import type { Notification } from "../notification.ts";

/** One way to tell people. */
export interface Channel {
  /** Shows how things stand with a commit: what is overtaken is not sent any more. */
  readonly showsPresentState: boolean;
  /** What must not be seen in any message. */
  readonly secrets: readonly string[];
  /**
   * Sends once.
   *
   * @throws TransientError when trying again may help, PermanentError when it cannot
   */
  send(notification: Notification): Promise<void>;
}

/** Milliseconds one attempt may take. */
export const SEND_TIMEOUT_MS = 10_000;
