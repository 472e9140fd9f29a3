import { execFile, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { stopProcess } from "../gateway-process.ts";
import { type Peer, type PeerOptions, PROCESSES } from "./peer.ts";

const run = promisify(execFile);
const ITEMS = "/collections/cities/items";
/** Threads per process. All threads together equal the connections of the load generator. */
const THREADS = 8;

/** Whether this interpreter has all packages that pygeoapi needs. */
export async function hasPygeoapi(python: string): Promise<boolean> {
  const modules = "import pygeoapi, gunicorn, psycopg2, geoalchemy2";
  return run(python, ["-c", modules]).then(
    () => true,
    () => false,
  );
}

/** pygeoapi with gunicorn, a connection pool per process, and without counts. */
export async function startPygeoapi(python: string, options: PeerOptions): Promise<Peer> {
  const { databaseUrl, scratch } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = join(scratch, "pygeoapi.yml");
  const definition = join(scratch, "openapi.yml");
  await writeFile(configuration, configurationFile(databaseUrl, url));
  const env = {
    PATH: process.env.PATH,
    PYGEOAPI_CONFIG: configuration,
    PYGEOAPI_OPENAPI: definition,
  };
  const generate = "import sys; from pygeoapi import cli; sys.argv[0] = 'pygeoapi'; cli()";
  const flags = ["openapi", "generate", configuration, "--output-file", definition];
  await run(python, ["-c", generate, ...flags], { env });
  const log = openSync(join(scratch, "pygeoapi.log"), "a");
  const server = spawn(
    python,
    [
      ...["-m", "gunicorn", "--bind", `127.0.0.1:${port}`, "--workers", String(PROCESSES)],
      ...["--worker-class", "gthread", "--threads", String(THREADS), "--keep-alive", "65"],
      "pygeoapi.flask_app:APP",
    ],
    { env, stdio: ["ignore", log, log] },
  );
  const paths: Peer["paths"] = {
    page: (limit) => `${ITEMS}?f=json&limit=${limit}`,
    box: (bbox, limit) => `${ITEMS}?f=json&bbox=${bbox}&limit=${limit}`,
    item: (id) => `${ITEMS}/${id}?f=json`,
  };
  const stop = () => stopProcess(server);
  try {
    await eventually("pygeoapi responds", async () => {
      const response = await fetch(url + paths.page(1));
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return true;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { name: "pygeoapi", url, paths, stop };
}

/** The configuration is JSON, which is also YAML. */
function configurationFile(databaseUrl: string, url: string): string {
  const { hostname, port, username, pathname } = new URL(databaseUrl);
  const text = { title: "Cities", description: "Cities", keywords: ["cities"] };
  return JSON.stringify({
    server: {
      bind: { host: "127.0.0.1", port: Number(new URL(url).port) },
      url,
      mimetype: "application/json; charset=UTF-8",
      encoding: "utf-8",
      gzip: false,
      languages: ["en-US"],
      pretty_print: false,
      limits: { default_items: 10, max_items: 10_000 },
      map: { url: "https://tile.openstreetmap.org/{z}/{x}/{y}.png", attribution: "none" },
    },
    logging: { level: "ERROR" },
    metadata: {
      identification: {
        ...text,
        keywords_type: "theme",
        terms_of_service: "none",
        url: "http://example.org",
      },
      license: { name: "CC0", url: "http://example.org" },
      provider: { name: "bench", url: "http://example.org" },
      contact: { name: "bench" },
    },
    resources: {
      cities: {
        type: "collection",
        ...text,
        links: [],
        extents: {
          spatial: {
            bbox: [-180, -90, 180, 90],
            crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
          },
        },
        providers: [
          {
            type: "feature",
            name: "PostgreSQL",
            data: {
              host: hostname,
              port: Number(port),
              dbname: pathname.slice(1),
              user: username,
              password: "",
              search_path: ["public"],
            },
            id_field: "id",
            table: "cities",
            geom_field: "geom",
            count: false,
          },
        ],
      },
    },
  });
}
