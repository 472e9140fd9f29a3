import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorCode, ProblemDetails } from "@honua/contracts";
import type { NextFunction, Request, Response } from "express";
import { z } from "zod";
import { HonuaError } from "../errors.ts";
import type { Log } from "../log.ts";
import { ERROR_STATUSES } from "./error-statuses.ts";
import { setMissingSecurityHeaders } from "./security-headers.ts";

/** An answer other than success, as RFC 9457 problem details. */
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

/** Any thrown value as an HTTP problem; only what was raised on purpose shows its message. */
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
    "Something went wrong here; the log has the cause.",
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

/** Answers with the problem as a page; false when the client wants no page. */
export type RenderProblem = (
  problem: HttpProblem,
  request: IncomingMessage,
  response: ServerResponse,
) => boolean;

/** Answers a request that failed; the connection ends when its answer has begun. */
export type RespondWithProblem = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
) => void;

/** The body of a response that nothing else could be written for. */
const FALLBACK_BODY = JSON.stringify({ type: "about:blank", title: "Internal error", status: 500 });

/**
 * Responds to failed requests, and never throws: a page that cannot be rendered becomes
 * `application/problem+json`, and a problem that cannot be written becomes a constant body.
 *
 * @param render shows problems as pages to browsers
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
      // A complete response stays as it is; one that was cut off must not look complete.
      if (response.writableEnded) return;
      if (response.headersSent) {
        response.destroy();
        return;
      }
      setMissingSecurityHeaders(response);
      if (!isRendered(problem, request, response)) sendProblem(response, problem, url);
    } catch (cause) {
      sendFallback(response, cause);
    }
  };

  function isRendered(...[problem, request, response]: Parameters<RenderProblem>): boolean {
    try {
      return render(problem, request, response);
    } catch (cause) {
      log.error({ err: cause }, "A problem could not be rendered as a page");
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

/** The last middleware: no route matched, or one threw. */
export function problemHandler(respondWithProblem: RespondWithProblem) {
  // Express tells what handles errors by its four parameters.
  return (error: unknown, request: Request, response: Response, _next: NextFunction): void =>
    respondWithProblem(error, request, response);
}

/** 404 for a path nobody serves. */
export function respondNotFound(request: Request): never {
  throw httpProblem("not-found", `There is nothing at ${request.path}.`);
}
