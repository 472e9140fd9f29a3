import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";

/** A web page with a map client, on its own server and so of another origin than the gateway. */
export interface MapSite {
  origin: string;
  /** Calls a function that the script of the page exports. */
  call<Result>(name: string, ...args: unknown[]): Promise<Result>;
  /** Paths and queries of requests to the gateway since the previous call. */
  requests(): string[];
  /** Responses of 400 and above, failed requests, and script errors. */
  problems(): string[];
  close(): Promise<void>;
}

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>#map { width: 800px; height: 600px }</style><div id="map"></div>
`;

/**
 * Serves the page and opens it.
 *
 * @param script a file in `test/clients/pages`; `call` calls its exports
 * @param libraries package files by name: the script imports `.mjs` files, the page loads `.js` files
 */
export async function openMapSite(
  browser: Browser,
  script: string,
  libraries: Readonly<Record<string, string>> = {},
): Promise<MapSite> {
  const own = fileURLToPath(new URL(`../clients/pages/${script}`, import.meta.url));
  const tags = Object.keys(libraries)
    .filter((name) => name.endsWith(".js"))
    .map((name) => `<script src="${name}"></script>`);
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://127.0.0.1");
    if (pathname === "/") return response.setHeader("content-type", "text/html").end(PAGE + tags);
    const path = pathname === "/client.js" ? own : libraries[pathname.slice(1)];
    if (path === undefined) return response.writeHead(404).end();
    response.setHeader("content-type", "text/javascript").end(await readFile(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await browser.newPage();
  const problems: string[] = [];
  let requests: string[] = [];
  listen(page, origin, problems, (path) => requests.push(path));
  await page.goto(origin);
  return {
    origin,
    call: (name, ...args) =>
      page.evaluate(`import("/client.js").then((client) => client.${name}(
        ...${JSON.stringify(args)}))`),
    requests() {
      const made = requests;
      requests = [];
      return made;
    },
    problems: () => problems,
    async close() {
      await page.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(
  page: Page,
  origin: string,
  problems: string[],
  onRequest: (path: string) => void,
): void {
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isElsewhere = url.protocol === "http:" && url.origin !== origin;
    if (isElsewhere) onRequest(`${url.pathname}${url.search}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
  });
  page.on("requestfailed", (request) =>
    problems.push(`${request.failure()?.errorText} ${request.url()}`),
  );
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
}
