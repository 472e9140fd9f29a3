import { connect } from "node:net";

export interface RawResponse {
  status: number;
  /** By lower-case name; of several with the same name, the last. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Milliseconds without data after which a server counts as hanging; a busy machine can need many seconds. */
const DEADLINE_MS = 60_000;

/**
 * Sends bytes that an HTTP client would refuse to send, such as an invalid `Host`, and reads the
 * first response. The request must not expect a body for HEAD: pass `isHead`.
 *
 * @throws Error when the server closes the connection without a complete response
 */
export function sendRawRequest(
  port: number,
  request: string | Buffer,
  { isHead = false } = {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = Buffer.alloc(0);
    const finish = (hasEnded: boolean, failure = "The connection was closed") => {
      const response = parseResponse(received, { isHead, hasEnded });
      if (!response && !hasEnded) return;
      socket.destroy();
      if (response) resolve(response);
      else reject(new Error(`${failure} without a complete response: ${received}`));
    };
    socket.setTimeout(DEADLINE_MS, () => finish(true, "The server was silent"));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      finish(false);
    });
    socket.on("end", () => finish(true));
    socket.on("error", (error) => finish(true, error.message));
    socket.write(typeof request === "string" ? Buffer.from(request, "latin1") : request);
  });
}

function parseResponse(
  received: Buffer,
  { isHead, hasEnded }: { isHead: boolean; hasEnded: boolean },
): RawResponse | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [statusLine = "", ...lines] = received.subarray(0, end).toString("latin1").split("\r\n");
  const [, statusText] = /^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(statusLine) ?? [];
  if (statusText === undefined) throw new Error(`Not a status line: ${statusLine}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`Not a header field: ${line}`);
    headers[name.toLowerCase()] = value;
  }
  const status = Number(statusText);
  const rest = received.subarray(end + 4);
  if (status < 200) return parseResponse(rest, { isHead, hasEnded });
  if (isHead || status === 204 || status === 304) return { status, headers, body: "" };
  const body = bodyOf(rest, headers, hasEnded);
  return body && { status, headers, body: body.toString() };
}

function bodyOf(
  rest: Buffer,
  headers: Readonly<Record<string, string>>,
  hasEnded: boolean,
): Buffer | undefined {
  if (headers["transfer-encoding"] === "chunked") return joinedChunks(rest);
  const length = headers["content-length"];
  if (length === undefined) return hasEnded ? rest : undefined;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined;
}

function joinedChunks(rest: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = rest.indexOf("\r\n", at);
    if (end === -1) return undefined;
    const size = Number.parseInt(rest.subarray(at, end).toString("latin1"), 16);
    if (size === 0) return Buffer.concat(chunks);
    at = end + 2 + size + 2;
    if (at > rest.length) return undefined;
    chunks.push(rest.subarray(end + 2, end + 2 + size));
  }
}
