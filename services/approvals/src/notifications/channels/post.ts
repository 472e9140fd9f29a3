import { messageOf, PermanentError, TransientError } from "@honua/service-kit";
import { SEND_TIMEOUT_MS } from "./channel.ts";

/** Statuses that say that this very message is wrong; every other one may pass, or can be put right. */
const MESSAGE_IS_WRONG = new Set([400, 406, 409, 410, 413, 415, 422]);
/** Characters of a refusal that are told. */
const TOLD = 300;

/**
 * Sends a body by POST. Redirects are not followed: they would carry a credential elsewhere. Errors name
 * the host only, since the rest of an address may be a secret.
 *
 * @param accept says of a refusal that it is as good as success
 */
export async function post(
  url: string,
  { headers, body }: { headers: Record<string, string>; body: string },
  accept: (status: number, answer: string) => boolean = () => false,
): Promise<void> {
  const { host } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      headers: { "user-agent": "honua", ...headers },
      body,
    });
  } catch (cause) {
    throw new TransientError("channel-unreachable", `${host} cannot be reached: ${whyOf(cause)}`);
  }
  const answer = (await response.text().catch(() => "")).slice(0, TOLD);
  if (response.ok || accept(response.status, answer)) return;
  const message = `${host} answered ${response.status}${answer ? `: ${answer}` : ""}`;
  throw MESSAGE_IS_WRONG.has(response.status)
    ? new PermanentError("notification-refused", message)
    : new TransientError("channel-refused", message);
}

function whyOf(cause: unknown): string {
  if (cause instanceof Error && cause.name === "TimeoutError") {
    return `no answer within ${SEND_TIMEOUT_MS / 1_000} s`;
  }
  return messageOf((cause as { cause?: unknown } | null)?.cause ?? cause);
}
