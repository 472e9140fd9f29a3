import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@honua/service-kit";
import { FAST_CGI_PROGRAMS } from "./fast-cgi.ts";
import { MAPSERV, startMapServer } from "./mapserver.ts";
import type { AbsentPeer, Peer, PeerOptions } from "./peer.ts";
import { hasPygeoapi, startPygeoapi } from "./pygeoapi.ts";
import { QGIS_MAPSERV, startQgisServer } from "./qgis-server.ts";

/** Starts the installed servers, and reports why the others are not measured. */
export async function startPeers(
  { databaseUrl, scratch }: PeerOptions,
  { python }: { python: string },
): Promise<{ peers: Peer[]; absent: AbsentPeer[] }> {
  const candidates: { name: string; missing: string[]; start: (own: string) => Promise<Peer> }[] = [
    {
      name: "MapServer",
      missing: missing(MAPSERV, ...FAST_CGI_PROGRAMS),
      start: (own) => startMapServer({ databaseUrl, scratch: own }),
    },
    {
      name: "QGIS Server",
      missing: missing(QGIS_MAPSERV, ...FAST_CGI_PROGRAMS),
      start: (own) => startQgisServer({ databaseUrl, scratch: own }),
    },
    {
      name: "pygeoapi",
      missing: (await hasPygeoapi(python)) ? [] : [`pygeoapi for ${python}`],
      start: (own) => startPygeoapi(python, { databaseUrl, scratch: own }),
    },
  ];
  const peers: Peer[] = [];
  const absent: AbsentPeer[] = [];
  for (const { name, missing: absentPrograms, start } of candidates) {
    if (absentPrograms.length > 0) {
      absent.push({ name, reason: `not installed: ${absentPrograms.join(", ")}` });
      continue;
    }
    const own = join(scratch, name.replaceAll(" ", "-").toLowerCase());
    await mkdir(own);
    try {
      peers.push(await start(own));
    } catch (error) {
      absent.push({ name, reason: messageOf(error) });
    }
  }
  return { peers, absent };
}

function missing(...programs: string[]): string[] {
  return programs.filter((program) => !existsSync(program));
}
