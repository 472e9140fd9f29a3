import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorCode, ProblemDetails } from "@honua/contracts";
import type { NextFunction, Request, Response } from "express";
import { z } from "zod";
import { HonuaError } from "../errors.ts";
import type { Log } from "../log.ts";
import { ERROR_STATUSES } from "./error-statuses.ts";
import { setMissingSecurityHeaders } from "./security-headers.ts";

/** An error response, sent as RFC 9457 problem details. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly status: number;
  readonly title: string;
  readonly code: ErrorCode | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    title: string,
    detail: string,
    options: { code?: ErrorCode; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.status = status;
    this.title = title;
    this.code = options.code;
    this.headers = options.headers ?? {};
  }
}

/**
 * Creates the HTTP problem of an error code, with the status and title of `ERROR_STATUSES`.
 *
 * @param options.status overrides the status, for a code that is used with two statuses
 * @param options.title overrides the title
 */
export function httpProblem(
  code: ErrorCode,
  detail: string,
  options: { status?: number; title?: string; headers?: Record<string, string> } = {},
): HttpProblem {
  const [status, title] = ERROR_STATUSES[code];
  return new HttpProblem(options.status ?? status, options.title ?? title, detail, {
    code,
    ...(options.headers ? { headers: options.headers } : {}),
  });
}

/**
 * Converts any thrown value to an HTTP problem. The message of an unexpected error is not shown to the
 * client.
 */
export function asHttpProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof z.ZodError) {
    const detail = error.issues
      .map((issue) => `${issue.path.map(String).join(".") || "body"}: ${issue.message}`)
      .join("; ");
    return httpProblem("invalid-request", detail);
  }
  if (error instanceof HonuaError) {
    const [status] = ERROR_STATUSES[error.code];
    const headers: Record<string, string> = status === 503 ? { "Retry-After": "2" } : {};
    return httpProblem(error.code, error.message, { headers });
  }
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new HttpProblem(status, "Bad request", (error as Error).message);
  }
  return new HttpProblem(
    500,
    "Internal error",
    "The request failed because of an unexpected error. The log of the service contains the cause.",
  );
}

/** Writes the problem as `application/problem+json`. */
export function sendProblem(
  response: ServerResponse,
  problem: HttpProblem,
  instance: string,
): void {
  const body: ProblemDetails = {
    type: problem.code ? `urn:honua:problem:${problem.code}` : "about:blank",
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    instance,
    ...(problem.code ? { code: problem.code } : {}),
  };
  response.statusCode = problem.status;
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader("Content-Type", "application/problem+json; charset=utf-8");
  const text = JSON.stringify(body);
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(text);
}

/** Responds with the problem as HTML. Returns false if the client does not accept HTML. */
export type RenderProblem = (
  problem: HttpProblem,
  request: IncomingMessage,
  response: ServerResponse,
) => boolean;

/** Responds to a failed request. If the response has already started, closes the connection. */
export type RespondWithProblem = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
) => void;

/** The body of the response if the problem itself cannot be written. */
const FALLBACK_BODY = JSON.stringify({ type: "about:blank", title: "Internal error", status: 500 });

/**
 * Creates the function that responds to failed requests. It never throws: if HTML cannot be rendered, it
 * sends `application/problem+json`, and if that cannot be written, a constant body.
 *
 * @param render renders problems as HTML for browsers
 */
export function createProblemResponder(
  log: Log,
  render: RenderProblem = () => false,
): RespondWithProblem {
  return (error, request, response) => {
    try {
      const problem = asHttpProblem(error);
      const url = request.url ?? "";
      if (problem.status >= 500 && problem.status !== 503) {
        log.error({ err: error, path: url.split("?", 1)[0] }, "A request failed");
      }
      // A complete response needs nothing. An incomplete one must not look complete, so its connection
      // is closed.
      if (response.writableEnded) return;
      if (response.headersSent) {
        response.destroy();
        return;
      }
      setMissingSecurityHeaders(response);
      if (!tryRender(problem, request, response)) sendProblem(response, problem, url);
    } catch (cause) {
      sendFallback(response, cause);
    }
  };

  function tryRender(...[problem, request, response]: Parameters<RenderProblem>): boolean {
    try {
      return render(problem, request, response);
    } catch (cause) {
      log.error({ err: cause }, "A problem could not be rendered as HTML");
      if (!response.headersSent) return false;
      response.destroy();
      return true;
    }
  }

  function sendFallback(response: ServerResponse, cause: unknown): void {
    try {
      log.error({ err: cause }, "The response to a failed request could not be written");
      if (response.headersSent) {
        response.destroy();
        return;
      }
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      response.writeHead(500, {
        "Content-Type": "application/problem+json; charset=utf-8",
        "Content-Length": FALLBACK_BODY.length,
      });
      response.end(FALLBACK_BODY);
    } catch {
      response.destroy();
    }
  }
}

/** The last middleware, which handles every error of the routes. */
export function problemHandler(respondWithProblem: RespondWithProblem) {
  // Express recognises error handlers by their four parameters.
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void =>
    respondWithProblem(error, request, response);
}

/**
 * Middleware for paths without a route. `honua` recognises such a path by the wording of the message.
 *
 * @throws HttpProblem 404
 */
export function respondNotFound(request: Request): never {
  throw httpProblem("not-found", `There is nothing at ${request.path}.`);
}
