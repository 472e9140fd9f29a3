import type { Notification } from "../notification.ts";

/** A notification channel. */
export interface Channel {
  /** True if the channel shows the current state, so that superseded notifications are not sent. */
  readonly skipsSuperseded: boolean;
  /** Values that are redacted in every message. */
  readonly secrets: readonly string[];
  /**
   * Makes one attempt to send the notification.
   *
   * @throws TransientError if a retry may succeed, PermanentError if it cannot
   */
  send(notification: Notification): Promise<void>;
}

/** Timeout of one attempt in milliseconds. */
export const SEND_TIMEOUT_MS = 10_000;
