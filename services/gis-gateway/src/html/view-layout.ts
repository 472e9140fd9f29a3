import { apiUrl } from "../ogc/link.ts";
import { type Content, html, type Markup } from "./markup.ts";
import type { Site } from "./site.ts";

/** A breadcrumb after the landing page. */
export interface Breadcrumb {
  title: string;
  /** Absent for the current view. */
  href?: string;
}

/**
 * Renders a complete HTML document.
 *
 * @param content.breadcrumbs breadcrumbs without the landing page; the last one is the current view
 * @param content.json URL of the JSON document; absent for views without one
 */
export function renderView(
  site: Site,
  content: {
    title?: string;
    breadcrumbs: Breadcrumb[];
    json?: string;
    hasMap?: boolean;
    main: Markup;
  },
): string {
  const { title, breadcrumbs, json, hasMap = false, main } = content;
  const asset = (name: string) => `${site.assets}/${name}`;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === undefined ? site.title : `${title} – ${site.title}`}</title>
${hasMap && html`<link rel="stylesheet" href="${asset("maplibre-gl.css")}">`}
<link rel="stylesheet" href="${asset("style.css")}">
<link rel="icon" href="${asset("icon.svg")}" type="image/svg+xml">
${json !== undefined && html`<link rel="alternate" type="application/json" href="${json}">`}
${hasMap && html`<script type="module" src="${asset("map.js")}"></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<div class="wide bar">
<a class="site" href="${apiUrl(site.root)}">${site.title}</a>
<nav aria-label="Main"><ul class="row">
<li><a href="${apiUrl(site.root, "collections")}">Collections</a></li>
<li><a href="${apiUrl(site.root, "api")}">API</a></li>
<li><a href="${apiUrl(site.root, "conformance")}">Conformance</a></li>
</ul></nav>
</div>
</header>
${breadcrumbs.length > 0 && breadcrumbNavigation(site, breadcrumbs)}
<main id="main" class="wide" tabindex="-1">
${main}
</main>
${footer(site, json)}
</body>
</html>
`;
  return document.text;
}

function breadcrumbNavigation(site: Site, breadcrumbs: Breadcrumb[]): Markup {
  const steps = breadcrumbs.map(({ title, href }) =>
    href === undefined
      ? html`<li><span aria-current="page">${title}</span></li>`
      : html`<li><a href="${href}">${title}</a></li>`,
  );
  return html`<nav class="breadcrumbs wide" aria-label="Breadcrumb"><ol>
<li><a href="${apiUrl(site.root)}">Home</a></li>
${steps}
</ol></nav>`;
}

function footer({ attribution, license, contact }: Site, json: string | undefined): Markup {
  const notes: Content[] = [
    attribution,
    license !== undefined && html`License: ${webLink(license)}`,
    contact !== undefined && html`Contact: ${contactLink(contact)}`,
    json !== undefined && html`<a href="${json}">View as JSON</a>`,
  ].filter((note) => note !== undefined && note !== false && note !== "");
  return html`<footer><div class="wide imprint">
${notes.length > 0 && html`<ul class="row">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}
</div></footer>`;
}

function contactLink({ name, email, url }: NonNullable<Site["contact"]>): Content {
  const address = url ?? (email === undefined ? undefined : `mailto:${email}`);
  const label = name ?? email ?? url;
  return address === undefined ? label : html`<a href="${address}">${label}</a>`;
}

/** Text, as a link if it is an http(s) URL. */
export function webLink(text: string): Content {
  return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text)
    ? html`<a href="${text}" rel="noopener nofollow">${text}</a>`
    : text;
}

/** Renders pairs of a term and a value as a definition list, without empty values. */
export function definitionList(pairs: readonly (readonly [string, Content])[]): Content {
  const known = pairs.filter(([, value]) => value !== undefined && value !== false && value !== "");
  if (known.length === 0) return undefined;
  const rows = known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<dl class="facts">${rows}</dl>`;
}
