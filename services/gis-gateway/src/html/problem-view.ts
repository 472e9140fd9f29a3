import type { HttpProblem } from "@honua/service-kit";
import { apiUrl } from "../ogc/link.ts";
import { html } from "./markup.ts";
import type { Site } from "./site.ts";
import { renderView } from "./view-layout.ts";

export function renderProblemView(site: Site, { status, title, message }: HttpProblem): string {
  return renderView(site, {
    title,
    breadcrumbs: [{ title }],
    main: html`<h1>${title}</h1>
<p class="problem">${message}</p>
${status === 503 && html`<p>Try again in a few seconds.</p>`}
<p class="note">Status ${status}</p>
<p><a href="${apiUrl(site.root)}">Go to the landing page</a></p>`,
  });
}
