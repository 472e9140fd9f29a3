import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@honua/testing/free-port";
import { startFastCgi } from "./fast-cgi.ts";
import type { Peer, PeerOptions } from "./peer.ts";

export const QGIS_MAPSERV = "/usr/lib/cgi-bin/qgis_mapserv.fcgi";
/** QGIS builds layer ids from the name and a UUID, and does not publish a layer with a short id. */
const LAYER = "cities_5d1c3b52_7a34_4d1e_9c55_0f6a5a0c8b11";
const ITEMS = "/wfs3/collections/cities/items";

/** QGIS Server as FastCGI, with a cached project whose metadata is trusted. */
export async function startQgisServer({ databaseUrl, scratch }: PeerOptions): Promise<Peer> {
  const project = join(scratch, "cities.qgs");
  await writeFile(project, projectFile(databaseUrl));
  const paths: Peer["paths"] = {
    page: (limit) => `${ITEMS}.json?limit=${limit}`,
    box: (bbox, limit) => `${ITEMS}.json?bbox=${bbox}&limit=${limit}`,
    item: (id) => `${ITEMS}/${id}.json`,
  };
  const server = await startFastCgi({
    program: QGIS_MAPSERV,
    environment: {
      QT_QPA_PLATFORM: "offscreen",
      HOME: scratch,
      QGIS_PROJECT_FILE: project,
      QGIS_SERVER_LOG_LEVEL: "2",
      QGIS_SERVER_TRUST_LAYER_METADATA: "1",
      QGIS_SERVER_API_WFS3_MAX_LIMIT: "10000",
    },
    scratch,
    port: await freePort(),
    probe: paths.page(1),
  });
  return { name: "QGIS Server", paths, ...server };
}

function projectFile(databaseUrl: string): string {
  const { hostname, port, username, pathname } = new URL(databaseUrl);
  const source = `dbname='${pathname.slice(1)}' host=${hostname} port=${port} user='${username}' key='id' srid=4326 type=Point table=&quot;public&quot;.&quot;cities&quot; (geom)`;
  const system = "<spatialrefsys><authid>EPSG:4326</authid></spatialrefsys>";
  return `<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" projectname="cities">
  <title>Cities</title>
  <trust active="1"/>
  <projectCrs>${system}</projectCrs>
  <layer-tree-group>
    <layer-tree-layer id="${LAYER}" name="cities" providerKey="postgres" checked="Qt::Checked" source="${source}"/>
  </layer-tree-group>
  <layerorder><layer id="${LAYER}"/></layerorder>
  <projectlayers>
    <maplayer type="vector" geometry="Point">
      <id>${LAYER}</id>
      <datasource>${source}</datasource>
      <shortname>cities</shortname>
      <layername>cities</layername>
      <srs>${system}</srs>
      <provider encoding="UTF-8">postgres</provider>
    </maplayer>
  </projectlayers>
  <properties>
    <WFSLayers type="QStringList"><value>${LAYER}</value></WFSLayers>
  </properties>
</qgis>
`;
}
