import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { CommandFailed, EXIT } from "../command-error.ts";
import type { Connection } from "../connection/find-connection.ts";
import { refusal } from "./api-client.ts";

/**
 * The lines of an answer of state that may be longer than memory, as they arrive.
 *
 * @throws CommandFailed when state cannot be reached, refuses, or breaks off
 */
export async function* readLines(
  { stateUrl, token }: Pick<Connection, "stateUrl" | "token">,
  path: string,
): AsyncGenerator<string> {
  const response = await fetch(stateUrl + path, {
    headers: { authorization: `Bearer ${token}`, accept: "application/x-ndjson" },
  }).catch((cause: unknown) => {
    throw new CommandFailed(
      `${stateUrl} cannot be reached. Is it running? Try 'honua doctor'.`,
      EXIT.failed,
      { cause },
    );
  });
  if (!response.ok) throw await refusal(response);
  if (!response.body) return;
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  // readline does not pass the errors of its input on; the loop would simply end.
  let broken: Error | undefined;
  body.on("error", (error) => {
    broken = error;
  });
  yield* createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY });
  if (broken) {
    throw new CommandFailed(`${stateUrl} broke off: ${broken.message}`, EXIT.failed, {
      cause: broken,
    });
  }
}
