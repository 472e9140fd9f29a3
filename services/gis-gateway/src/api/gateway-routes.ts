import type { GitopsHealth } from "@honua/contracts";
import type { DirectRoutes, Log } from "@honua/service-kit";
import type { Express } from "express";
import type { Assets } from "../http/assets.ts";
import type { BaseUrls } from "../http/base-url.ts";
import type { ProxySettings } from "../http/budgets/client-address.ts";
import type { RequestLimits } from "../http/request-limits.ts";
import { createRequestMetrics } from "../http/request-metrics.ts";
import type { Serving } from "../lifecycle/serving.ts";
import { API_PATH } from "../ogc/link.ts";
import { gitopsHealthStatus, publicGitopsHealth } from "./gitops-health.ts";
import { ogcRoutes } from "./ogc-routes.ts";

/** All public routes of the gateway, except for the liveness and readiness of its process. */
export function gatewayRoutes(options: {
  serving: Serving;
  baseUrls: BaseUrls;
  limits: RequestLimits;
  assets: Assets;
  /** Capacity of the tile cache in bytes. */
  tileCacheBytes: number;
  /** The cached health of the system. */
  gitopsHealth: () => GitopsHealth;
  /** How requests of clients reach this process. */
  proxies: ProxySettings;
  log: Pick<Log, "warn">;
}): { routes: (app: Express) => void; direct: DirectRoutes } {
  const measure = createRequestMetrics();
  const routes = (app: Express) => {
    app.use((request, response, next) => {
      measure(request.method, () => request.route?.path ?? "none", response);
      next();
    });
    app.get("/", (_request, response) => response.redirect(API_PATH));
    app.get("/health/gitops", (_request, response) => {
      const health = publicGitopsHealth(options.gitopsHealth());
      response.status(gitopsHealthStatus(health)).json(health);
    });
    app.use(options.assets.router);
  };
  return { routes, direct: ogcRoutes({ ...options, assets: options.assets.path, measure }) };
}
