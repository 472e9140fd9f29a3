import type { IncomingMessage, ServerResponse } from "node:http";
import { DATA_SECURITY_HEADERS, httpProblem, type Log } from "@honua/service-kit";
import { noActiveRelease } from "../features/feature-problems.ts";
import type { BaseUrls } from "../http/base-url.ts";
import { clientAddress, type ProxySettings } from "../http/budgets/client-address.ts";
import {
  type ClientAccount,
  type ClientBudgets,
  createClientBudgets,
} from "../http/budgets/client-budgets.ts";
import { ClientAbort } from "../http/client-abort.ts";
import { allowMethods, allowOrigins } from "../http/cross-origin.ts";
import type { RequestContext } from "../http/request-context.ts";
import type { RequestLimits } from "../http/request-limits.ts";
import type { MeasureRequest } from "../http/request-metrics.ts";
import { ResponseHeaders } from "../http/response-headers.ts";
import type { Route, RouteTable } from "../http/route-table.ts";
import { createStreamLimiter, type StreamLimiter } from "../http/stream-limiter.ts";
import type { Serving } from "../lifecycle/serving.ts";
import { API_PATH } from "../ogc/link.ts";
import { representationOf } from "../ogc/representation.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { RouteHandler } from "./ogc-context.ts";

export interface OgcRequestsOptions {
  serving: Serving;
  baseUrls: BaseUrls;
  limits: RequestLimits;
  measure: MeasureRequest;
  /** How requests of clients reach this process. */
  proxies: ProxySettings;
  log: Pick<Log, "warn">;
}

type ReceivedRequest = Pick<RequestContext, "request" | "response" | "path" | "query">;

/** A request that the budgets of its client admit. */
interface AdmittedRequest extends ReceivedRequest {
  responseHeaders: ResponseHeaders;
  /** Undefined for a path without a route. */
  route: Route<RouteHandler> | undefined;
  client: ClientAccount;
}

/** Handles requests to the OGC API: budgets, CORS, methods and limits, then the route of the path. */
export class OgcRequests {
  readonly #routes: Pick<RouteTable<RouteHandler>, "find">;
  readonly #options: OgcRequestsOptions;
  readonly #streamLimiter: StreamLimiter;
  readonly #budgets: ClientBudgets;

  constructor(routes: Pick<RouteTable<RouteHandler>, "find">, options: OgcRequestsOptions) {
    this.#routes = routes;
    this.#options = options;
    this.#streamLimiter = createStreamLimiter(options.limits.streams);
    this.#budgets = createClientBudgets({ limits: options.limits.client, log: options.log });
  }

  /** @throws HttpProblem for a failure; the response then already has its other headers */
  async handle({ request, response, path, query }: ReceivedRequest): Promise<void> {
    const { measure, proxies, serving, log } = this.#options;
    let route: Route<RouteHandler> | undefined;
    measure(request.method ?? "", () => (route ? `${API_PATH}${route.pattern}` : "none"), response);
    route = this.#routes.find(path.slice(API_PATH.length));
    const responseHeaders = new ResponseHeaders();
    try {
      const client = this.#budgets.admitRequest(clientAddress(request, proxies));
      endRequestOnClose(client, response);
      const admitted = { request, response, responseHeaders, path, query, route, client };
      await serving.withRelease((active) => this.#respond(admitted, active));
    } catch (error) {
      if (response.headersSent) log.warn({ err: error, path }, "A response was cut off");
      else responseHeaders.copyTo(response);
      throw error;
    }
  }

  async #respond(admitted: AdmittedRequest, active: ActiveRelease | undefined): Promise<void> {
    const { request, response, responseHeaders, path, query, route, client } = admitted;
    const { baseUrls, limits } = this.#options;
    allowOrigins(request, responseHeaders, active?.release.settings.cors?.origins ?? ["*"]);
    responseHeaders.vary("Accept");
    if (request.method === "OPTIONS") {
      allowMethods(responseHeaders);
      responseHeaders.write(response, 204, DATA_SECURITY_HEADERS);
      response.end();
      return;
    }
    checkMethod(request);
    if (!route) {
      throw httpProblem("not-found", `There is nothing at ${path}.`);
    }
    if (!active) throw noActiveRelease();
    checkUrlLength(request, limits.urlLength);
    await route.handler({
      request,
      response,
      responseHeaders,
      path,
      query,
      pathParameters: route.parameters,
      active,
      base: baseUrls.baseUrlOf(request, active.release.settings.baseUrl),
      clientAbort: new ClientAbort(response, client),
      representation: representationOf(request),
      responseTimeoutMs: limits.responseTimeoutSeconds * 1_000,
      stallTimeoutMs: limits.stallTimeoutSeconds * 1_000,
      streamLimiter: this.#streamLimiter,
    });
  }
}

/** Charges a request to the account of its client when the response was sent or cut off. */
function endRequestOnClose(client: ClientAccount, response: ServerResponse): void {
  const { socket } = response;
  const before = socket?.bytesWritten ?? 0;
  response.once("close", () => client.endRequest((socket?.bytesWritten ?? before) - before));
}

/** @throws HttpProblem 405 for a method that could change something */
function checkMethod({ method = "" }: IncomingMessage): void {
  if (method === "GET" || method === "HEAD") return;
  const detail = `${method} is not supported. Use GET, HEAD or OPTIONS.`;
  throw httpProblem("method-not-allowed", detail, {
    headers: { Allow: "GET, HEAD, OPTIONS" },
  });
}

/** @throws HttpProblem 414 */
function checkUrlLength({ url = "" }: IncomingMessage, maxLength: number): void {
  if (url.length <= maxLength) return;
  const detail = `The URL has more than ${maxLength} characters. Use fewer or shorter parameters.`;
  throw httpProblem("url-too-long", detail);
}
