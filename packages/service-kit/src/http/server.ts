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
 * Finds what answers a request without Express, which on the way to a short answer costs more than
 * the answer; undefined for a request that Express is to answer. The answer brings its own security
 * headers; one that fails gets them here.
 */
export type DirectRoutes = (
  request: IncomingMessage,
) => ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | undefined;

export interface HttpService extends Service {
  /** The port that is listened on, once started. */
  port(): number;
}

/**
 * An Express application with the headers, limits, health pages and error format that every
 * service has. `stop` lets requests under way finish for two seconds.
 */
export function createHttpService(options: {
  host: string;
  port: number;
  /** Serves https with it; plain HTTP without. */
  certificate?: HttpCertificate | undefined;
  /** How long a connection may take and give nothing while it has a request; for ever when absent. */
  stalledAfterMs?: number;
  log: Log;
  checks: ReadinessChecks;
  /** False on a port that anonymous clients reach: `/health/ready` then shows the status only. */
  showsReasons?: boolean;
  /** The setting that an error about the port names; `PORT` when absent. */
  portSetting?: string;
  metrics?: (write: (text: string) => void) => Promise<void>;
  routes?: (app: Express) => void;
  direct?: DirectRoutes;
  /** Shows problems as pages to browsers. */
  renderProblem?: RenderProblem;
  /** Checks a request further, once its target and host are valid. */
  checkRequest?: CheckRequest;
}): HttpService {
  const { certificate, log, direct = () => undefined } = options;
  const respondWithProblem = createProblemResponder(log, options.renderProblem);
  const messages = createGuardedMessages(log);
  const app = express();
  // Express replaces the prototypes of the messages, and with them their guarded `emit`.
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
          const why = cause.code === "EADDRINUSE" ? "another process uses it" : messageOf(cause);
          reject(
            new PermanentError(
              "port-unavailable",
              `cannot listen on ${options.host}:${options.port}: ${why}; set ${options.portSetting ?? "PORT"} to a free one`,
              { cause },
            ),
          );
        });
        server.listen(options.port, options.host, () => {
          // An 'error' event without a listener would end the process when a connection cannot be
          // accepted, for example because too many files are open.
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
