import type { RenderProblem } from "@honua/service-kit";
import { renderProblemView } from "../html/problem-view.ts";
import { createSite } from "../html/site.ts";
import type { BaseUrls } from "../http/base-url.ts";
import { addVaryField } from "../http/vary-header.ts";
import { setViewSecurityPolicy } from "../http/view-security-headers.ts";
import type { Serving } from "../lifecycle/serving.ts";
import { MEDIA } from "../ogc/media-types.ts";
import { representationOf } from "../ogc/representation.ts";

/** Sends problems as HTML to browsers. Other clients receive `application/problem+json`. */
export function problemViews(options: {
  serving: Serving;
  baseUrls: BaseUrls;
  /** Path of the assets that HTML views load. */
  assets: string;
}): RenderProblem {
  return (problem, request, response) => {
    addVaryField(response, "Accept");
    if (representationOf(request) !== "html") {
      return false;
    }
    const active = options.serving.current()?.active;
    const base = options.baseUrls.baseUrlOf(request, active?.release.settings.baseUrl);
    setViewSecurityPolicy(response);
    response.statusCode = problem.status;
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    response.setHeader("Content-Type", MEDIA.html);
    response.end(renderProblemView(createSite(active, base, options.assets), problem));
    return true;
  };
}
