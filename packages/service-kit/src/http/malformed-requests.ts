import type { Server } from "node:http";
import type { Duplex } from "node:stream";

const STATUS_BY_PARSER_ERROR: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "Payload Too Large"],
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large"],
};

/** Responds to requests that Node's parser rejects, and to CONNECT, which has no route. */
export function refuseMalformedRequests(server: Pick<Server, "on">): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // Writing now would corrupt a response in progress on the same connection.
    if (error.code === "ECONNRESET" || !socket.writable || isResponding(socket)) {
      socket.destroy();
      return;
    }
    sendProblemAndClose(socket, STATUS_BY_PARSER_ERROR[error.code ?? ""] ?? [400, "Bad Request"]);
  });
  server.on("connect", (_request, socket) =>
    sendProblemAndClose(socket, [405, "Method Not Allowed"]),
  );
}

/** Node stores the response in progress in this private field; its own error handler reads it too. */
function isResponding(socket: Duplex): boolean {
  const { _httpMessage: response } = socket as { _httpMessage?: { headersSent?: boolean } };
  return response?.headersSent === true;
}

function sendProblemAndClose(socket: Duplex, [status, title]: readonly [number, string]): void {
  socket.on("error", () => undefined);
  const body = JSON.stringify({ type: "about:blank", title, status });
  socket.end(
    [
      `HTTP/1.1 ${status} ${title}`,
      ...(status === 405 ? ["Allow: GET, HEAD, OPTIONS"] : []),
      "Content-Type: application/problem+json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "X-Content-Type-Options: nosniff",
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
    () => socket.destroy(),
  );
}
