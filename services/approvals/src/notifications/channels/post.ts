import { messageOf, PermanentError, TransientError } from "@honua/service-kit";
import { SEND_TIMEOUT_MS } from "./channel.ts";

/** Statuses that reject this message permanently. Every other failure is temporary or can be fixed. */
const PERMANENT_STATUSES = new Set([400, 406, 409, 410, 413, 415, 422]);
/** Characters of the response body that an error shows. */
const MAX_REPORTED_CHARACTERS = 300;

/**
 * Sends a body by POST. Redirects are not followed, because they would send the credential to another
 * host. Errors name the host only, because the rest of the URL may be a secret.
 *
 * @param accept returns true for an error response that counts as success
 * @throws TransientError, PermanentError
 */
export async function post(
  url: string,
  { headers, body }: { headers: Record<string, string>; body: string },
  accept: (status: number, body: string) => boolean = () => false,
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
    throw new TransientError(
      "channel-unreachable",
      `${host} cannot be reached: ${failureReason(cause)}`,
    );
  }
  const text = (await response.text().catch(() => "")).slice(0, MAX_REPORTED_CHARACTERS);
  if (response.ok || accept(response.status, text)) return;
  const message = `${host} responded with status ${response.status}${text ? `: ${text}` : ""}`;
  throw PERMANENT_STATUSES.has(response.status)
    ? new PermanentError("notification-refused", message)
    : new TransientError("channel-refused", message);
}

function failureReason(cause: unknown): string {
  if (cause instanceof Error && cause.name === "TimeoutError") {
    return `no response within ${SEND_TIMEOUT_MS / 1_000} s`;
  }
  return messageOf((cause as { cause?: unknown } | null)?.cause ?? cause);
}
