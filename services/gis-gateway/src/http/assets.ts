import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { httpProblem } from "@honua/service-kit";
import { Router } from "express";
import { acceptedEncoding } from "./content-encoding.ts";

/** The style sheets, scripts and icon of the HTML views. The gateway serves all of them itself. */
export interface Assets {
  /** Path of the folder. It contains a digest of the assets, so the content of a URL never changes. */
  path: string;
  /** Serves the folder; mount it at the root. */
  router: Router;
}

interface Asset {
  type: string;
  content: Buffer;
}

const JAVASCRIPT = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";
/** Scripts of the maps. Views load the first, which imports the others. */
const SCRIPTS = ["map.js", "features.js", "graticule.js", "map-style.js", "popup.js", "view.js"];
/** Smaller than gzip, in a tenth of the time of the highest quality. */
const BROTLI_QUALITY = 6;

const compress = promisify(brotliCompress);

/** Reads the assets. The worker of MapLibre must be in the same folder as MapLibre. */
export function loadAssets(): Assets {
  const require = createRequire(import.meta.url);
  const own = (name: string) => fileURLToPath(new URL(`../../browser/${name}`, import.meta.url));
  const sources: [name: string, type: string, path: string][] = [
    ["style.css", CSS, own("style.css")],
    ...SCRIPTS.map((name): [string, string, string] => [name, JAVASCRIPT, own(name)]),
    ["icon.svg", "image/svg+xml", own("icon.svg")],
    ["maplibre-gl.css", CSS, require.resolve("maplibre-gl/dist/maplibre-gl.css")],
    ["maplibre-gl.mjs", JAVASCRIPT, require.resolve("maplibre-gl/dist/maplibre-gl.mjs")],
    [
      "maplibre-gl-worker.mjs",
      JAVASCRIPT,
      require.resolve("maplibre-gl/dist/maplibre-gl-worker.mjs"),
    ],
  ];
  const assets = new Map(
    sources.map(([name, type, path]): [string, Asset] => [
      name,
      { type, content: readFileSync(path) },
    ]),
  );
  const hash = createHash("sha256");
  for (const [name, { content }] of assets) hash.update(`${name}\0`).update(content);
  const digest = hash.digest("hex").slice(0, 16);
  return { path: `/assets/${digest}`, router: assetRoutes(digest, assets) };
}

function assetRoutes(digest: string, assets: ReadonlyMap<string, Asset>): Router {
  const compressed = new Map<string, Promise<Buffer>>();
  const router = Router();
  router.get("/assets/:digest/:name", async (request, response) => {
    const { name } = request.params;
    const asset = request.params.digest === digest ? assets.get(name) : undefined;
    if (!asset) {
      const detail = `There is nothing at ${request.path}.`;
      throw httpProblem("not-found", detail);
    }
    const asBrotli = acceptedEncoding(request.headers["accept-encoding"], ["br"]) === "br";
    const body = asBrotli ? await brotliOf(name, asset) : asset.content;
    response.setHeader("Content-Type", asset.type);
    response.setHeader("Cache-Control", "public, max-age=31536000, immutable");
    response.setHeader("Vary", "Accept-Encoding");
    if (asBrotli) response.setHeader("Content-Encoding", "br");
    response.setHeader("Content-Length", body.length);
    response.end(body);
  });
  return router;

  /** Compresses an asset on its first request. */
  function brotliOf(name: string, { content }: Asset): Promise<Buffer> {
    const known = compressed.get(name);
    if (known) return known;
    const made = compress(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
    });
    compressed.set(name, made);
    return made;
  }
}
