import type { HttpProblem } from "@honua/service-kit";
import { apiUrl } from "../http/documents/link.ts";
import { html } from "./markup.ts";
import { page } from "./page.ts";
import type { Site } from "./site.ts";

export function problemPage(site: Site, { status, title, message }: HttpProblem): string {
  return page(site, {
    title,
    trail: [{ title }],
    main: html`<h1>${title}</h1>
<p class="problem">${message}</p>
<p>The status of this answer is ${status}. ${
      status === 503 && "This usually passes by itself; try again in a few seconds."
    }</p>
<p><a href="${apiUrl(site.root)}">To the landing page</a></p>`,
  });
}
