import { asDatabaseError } from "@honua/pg-raw";
import { messageOf } from "@honua/service-kit";
import pg from "pg";
import { clientConfiguration, type DatabaseProfile } from "./client-configuration.ts";
import type { TlsMode } from "./connection-target.ts";

export interface DatabaseFacts {
  /** True for PGlite, whose connections share one session. */
  pglite: boolean;
  /** PostgreSQL's `server_version_num`, such as 150018. */
  version: number;
  /** Version of the PostGIS extension; absent if it is not installed. */
  postgis?: string;
  /** True if the database can encode vector tiles; PostGIS without protobuf cannot. */
  vectorTiles: boolean;
  /** True if `ST_AsFlatGeobuf` exists. */
  flatGeobuf: boolean;
  /** True if the extension `unaccent` is in the search path. */
  unaccent: boolean;
}

/**
 * Connects once to read the facts, and resolves the TLS mode `prefer` to `require` or `disable`.
 *
 * @throws HonuaError `database-unreachable`
 */
export async function probeDatabase(
  profile: DatabaseProfile,
): Promise<{ tls: TlsMode; facts: DatabaseFacts }> {
  const { tls } = profile.target;
  try {
    if (tls !== "prefer") return { tls, facts: await readFacts(profile, tls) };
    try {
      return { tls: "require", facts: await readFacts(profile, "require") };
    } catch (error) {
      if (!/does not support SSL/i.test(messageOf(error))) throw error;
      return { tls: "disable", facts: await readFacts(profile, "disable") };
    }
  } catch (error) {
    throw asDatabaseError(error);
  }
}

async function readFacts(profile: DatabaseProfile, tls: TlsMode): Promise<DatabaseFacts> {
  const client = new pg.Client(await clientConfiguration(profile, tls));
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{
      about: string;
      version: string;
      postgis: string | null;
      flat_geobuf: boolean;
      unaccent: boolean;
    }>(
      `select version() as about, current_setting('server_version_num') as version,
         (select extversion from pg_extension where extname = 'postgis') as postgis,
         exists (select from pg_proc where proname = 'st_asflatgeobuf' and pronargs = 3) as flat_geobuf,
         to_regprocedure('unaccent(text)') is not null as unaccent`,
    );
    const [row] = rows;
    return {
      pglite: /pglite|emscripten|wasm/i.test(row?.about ?? ""),
      version: Number(row?.version),
      flatGeobuf: row?.flat_geobuf === true,
      unaccent: row?.unaccent === true,
      vectorTiles: row?.postgis ? await supportsVectorTiles(client) : false,
      ...(row?.postgis ? { postgis: row.postgis } : {}),
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function supportsVectorTiles(client: pg.Client): Promise<boolean> {
  const attempt = `select st_asmvt(q, 'probe', 16, 'geom') from (
    select st_asmvtgeom(st_makepoint(1, 1), st_makebox2d(st_makepoint(0, 0), st_makepoint(2, 2)), 16) as geom) q`;
  return client.query(attempt).then(
    () => true,
    () => false,
  );
}
