import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { CommandError, EXIT } from "../command-error.ts";
import type { Connection } from "../connection/find-connection.ts";
import { errorFromResponse } from "./api-client.ts";

/**
 * Streams an NDJSON response of the state service line by line, so that it may be larger than
 * memory.
 *
 * @throws CommandError when state cannot be reached, responds with an error, or disconnects
 */
export async function* readLines(
  { stateUrl, token }: Pick<Connection, "stateUrl" | "token">,
  path: string,
): AsyncGenerator<string> {
  const response = await fetch(stateUrl + path, {
    headers: { authorization: `Bearer ${token}`, accept: "application/x-ndjson" },
  }).catch((cause: unknown) => {
    throw new CommandError(
      `${stateUrl} cannot be reached. Check that it is running, for example with 'honua doctor'.`,
      EXIT.failed,
      { cause },
    );
  });
  if (!response.ok) throw await errorFromResponse(response);
  if (!response.body) return;
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  // readline ends without an error when its input fails, so the error is captured here.
  let streamError: Error | undefined;
  body.on("error", (error) => {
    streamError = error;
  });
  yield* createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY });
  if (streamError) {
    const message = `The connection to ${stateUrl} was lost: ${streamError.message}`;
    throw new CommandError(message, EXIT.failed, { cause: streamError });
  }
}
