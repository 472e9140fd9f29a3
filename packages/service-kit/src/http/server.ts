import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import express, { type Express } from "express";
import helmet from "helmet";
import { messageOf, PermanentError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Service } from "../service.ts";
import type { HttpCertificate } from "./certificate.ts";
import { continueTrace } from "./continue-trace.ts";
import { createGuardedMessages } from "./guarded-messages.ts";
import { healthRoutes, type ReadinessChecks } from "./health.ts";
import { refuseMalformedRequests } from "./malformed-requests.ts";
import {
  createProblemResponder,
  problemHandler,
  type RenderProblem,
  respondNotFound,
} from "./problem.ts";
import { type CheckRequest, createRequestTargetCheck } from "./request-target.ts";

/**
 * Finds the handler of a request that bypasses Express, because Express costs more than a short response.
 * Returns undefined for a request that Express handles. The handler sets its own security headers. If it
 * fails, the error response gets them here.
 */
export type DirectRoutes = (
  request: IncomingMessage,
) => ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined;

export interface HttpService extends Service {
  /** The port on which the started service listens. */
  port(): number;
}

/**
 * Creates an HTTP server with the security headers, timeouts, health routes and error format of every
 * service. `stop` waits up to two seconds for the requests in progress.
 */
export function createHttpService(options: {
  host: string;
  port: number;
  /** Serves HTTPS with this certificate; plain HTTP if absent. */
  certificate?: HttpCertificate | undefined;
  /** Idle milliseconds after which a connection with a request is closed; never if absent. */
  stalledAfterMs?: number;
  log: Log;
  checks: ReadinessChecks;
  /** Set to false on a public port: `/health/ready` then returns only the status. */
  showsReasons?: boolean;
  /** Name of the port setting for error messages; `PORT` by default. */
  portSetting?: string;
  metrics?: (write: (text: string) => void) => Promise<void>;
  routes?: (app: Express) => void;
  direct?: DirectRoutes;
  /** Renders problems as HTML for browsers. */
  renderProblem?: RenderProblem;
  /** Additional check of a request, after its target and host were validated. */
  checkRequest?: CheckRequest;
}): HttpService {
  const { certificate, log, direct = () => undefined } = options;
  const respondWithProblem = createProblemResponder(log, options.renderProblem);
  const messages = createGuardedMessages(log);
  const app = express();
  // Express replaces the prototypes of requests and responses, which would lose the guarded `emit`.
  Object.assign(app.request, { emit: messages.emitOfRequest });
  Object.assign(app.response, { emit: messages.emitOfResponse });
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("query parser", "simple");
  app.use(helmet());
  app.use(healthRoutes(options));
  options.routes?.(app);
  app.use(respondNotFound);
  app.use(problemHandler(respondWithProblem));

  const checkRequestTarget = createRequestTargetCheck();
  const respond = continueTrace((request, response) => {
    const handler = direct(request);
    if (!handler) return app(request, response);
    handler(request, response).catch((error: unknown) =>
      respondWithProblem(error, request, response),
    );
  });
  const listener: RequestListener = (request, response) => {
    try {
      checkRequestTarget(request);
      options.checkRequest?.(request);
      respond(request, response);
    } catch (error) {
      respondWithProblem(error, request, response);
    }
  };
  const { IncomingMessage, ServerResponse } = messages;
  const server = certificate
    ? createSecureServer(
        { ...certificate, minVersion: "TLSv1.2", IncomingMessage, ServerResponse },
        listener,
      )
    : createServer({ IncomingMessage, ServerResponse }, listener);
  refuseMalformedRequests(server);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.keepAliveTimeout = 65_000;
  server.timeout = options.stalledAfterMs ?? 0;

  return {
    port: () => (server.address() as AddressInfo).port,
    start: () =>
      new Promise((resolve, reject) => {
        server.once("error", (cause: NodeJS.ErrnoException) => {
          const reason = cause.code === "EADDRINUSE" ? "another process uses it" : messageOf(cause);
          reject(
            new PermanentError(
              "port-unavailable",
              `Cannot listen on ${options.host}:${options.port}: ${reason}. Set ${options.portSetting ?? "PORT"} to a free port.`,
              { cause },
            ),
          );
        });
        server.listen(options.port, options.host, () => {
          // If a connection cannot be accepted, for example because too many files are open, an 'error'
          // event without a listener would end the process.
          server.on("error", (err) => log.error({ err }, "Could not accept a connection"));
          resolve();
        });
      }),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), 2_000);
      await closed;
      clearTimeout(deadline);
    },
  };
}
