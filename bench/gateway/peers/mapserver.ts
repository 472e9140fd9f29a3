import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@honua/testing/free-port";
import { startFastCgi } from "./fast-cgi.ts";
import type { Peer, PeerOptions } from "./peer.ts";

export const MAPSERV = "/usr/bin/mapserv";
const ITEMS = "/cities/ogcapi/collections/cities/items";

/** MapServer as FastCGI. Its database connections stay open. */
export async function startMapServer({ databaseUrl, scratch }: PeerOptions): Promise<Peer> {
  const port = await freePort();
  const map = join(scratch, "cities.map");
  const configuration = join(scratch, "mapserver.conf");
  await writeFile(map, mapFile(databaseUrl, port));
  await writeFile(
    configuration,
    `CONFIG\n  ENV\n    "MS_MAP_PATTERN" "."\n  END\n  MAPS\n    "cities" "${map}"\n  END\nEND\n`,
  );
  const paths: Peer["paths"] = {
    page: (limit) => `${ITEMS}?f=json&limit=${limit}`,
    box: (bbox, limit) => `${ITEMS}?f=json&bbox=${bbox}&limit=${limit}`,
    item: (id) => `${ITEMS}/${id}?f=json`,
  };
  const server = await startFastCgi({
    program: MAPSERV,
    environment: { MAPSERVER_CONFIG_FILE: configuration },
    scratch,
    port,
    probe: paths.page(1),
  });
  return { name: "MapServer", paths, ...server };
}

function mapFile(databaseUrl: string, port: number): string {
  const { hostname, port: databasePort, username, pathname } = new URL(databaseUrl);
  return `MAP
  NAME "cities"
  EXTENT -180 -90 180 90
  SIZE 100 100
  PROJECTION "init=epsg:4326" END
  WEB METADATA
    "ows_title" "Cities"
    "ows_onlineresource" "http://127.0.0.1:${port}/cities"
    "oga_onlineresource" "http://127.0.0.1:${port}/cities/ogcapi"
    "ows_enable_request" "*"
    "ows_srs" "EPSG:4326"
  END END
  LAYER
    NAME "cities"
    TYPE POINT
    STATUS ON
    CONNECTIONTYPE POSTGIS
    CONNECTION "host=${hostname} port=${databasePort} user=${username} dbname=${pathname.slice(1)}"
    DATA "geom from public.cities using unique id using srid=4326"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    EXTENT -180 -90 180 90
    PROJECTION "init=epsg:4326" END
    METADATA
      "ows_title" "Cities"
      "gml_include_items" "name,population,country"
      "gml_featureid" "id"
      "gml_types" "auto"
      "oga_max_limit" "10000"
    END
    TEMPLATE "none"
  END
END
`;
}
