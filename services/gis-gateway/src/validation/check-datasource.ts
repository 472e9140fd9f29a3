import type { Layer } from "@honua/contracts";
import { Cql2Error } from "@honua/cql2";
import type { Database } from "../datasource/open-database.ts";
import type { LayerRestriction } from "../layer/bound-layer.ts";
import {
  type CatalogTable,
  catalogStatement,
  parseCatalog,
  tableKey,
  tableNamesStatement,
} from "../layer/catalog.ts";
import { isGenericGeometryType } from "../layer/geometry-type.ts";
import { sridsOf } from "../layer/offered-systems.ts";
import { parseReferenceSystems, referenceSystemsStatement } from "../layer/reference-system.ts";
import { compileRestriction } from "./check-filter.ts";
import { checkLayer, type LayerCheck } from "./check-layer.ts";
import { type GeometrySample, parseSamples, sampleStatement } from "./geometry-sample.ts";

/** Columns sampled by one statement. */
const SAMPLES_PER_STATEMENT = 200;

/**
 * Compares every layer of one datasource with its database. The catalogue is read once for all
 * layers.
 *
 * @param file the file that configures the layers, for problems
 * @returns one check for each layer, in the order of the layers
 * @throws HonuaError if the database cannot be read
 */
export async function checkDatasource(
  database: Database,
  layers: readonly Layer[],
  file: string,
): Promise<LayerCheck[]> {
  const { unaccent } = database.facts;
  const tables = new Map(layers.map(({ table }) => [tableKey(table), table]));
  const [catalogRows, systemRows] = await Promise.all([
    database.query(catalogStatement([...tables.values()])),
    database.query(referenceSystemsStatement([...new Set(layers.flatMap(sridsOf))])),
  ]);
  const catalog = parseCatalog(catalogRows);
  const systems = parseReferenceSystems(systemRows);
  const samples = await sampleGenericColumns(database, layers, catalog);
  const otherTables = catalog.size < tables.size ? await readTableNames(database) : [];

  return layers.map((layer) =>
    checkLayer(
      layer,
      {
        table: catalog.get(tableKey(layer.table)),
        sample: samples.get(layer),
        referenceSystems: systems,
        otherTables,
        unaccent,
      },
      file,
    ),
  );
}

/** Samples the rows of columns whose type does not restrict the geometry type or the SRID. */
async function sampleGenericColumns(
  database: Database,
  layers: readonly Layer[],
  catalog: ReadonlyMap<string, CatalogTable>,
): Promise<Map<Layer, GeometrySample>> {
  const generic = layers.filter(({ table, geometryColumn }) => {
    const known = catalog.get(tableKey(table));
    const geometry = known?.columns.get(geometryColumn)?.geometry;
    return (
      known?.readable && geometry && (isGenericGeometryType(geometry.type) || geometry.srid === 0)
    );
  });
  const samples = new Map<Layer, GeometrySample>();
  for (let from = 0; from < generic.length; from += SAMPLES_PER_STATEMENT) {
    const batch = generic.slice(from, from + SAMPLES_PER_STATEMENT);
    const restricted = batch.map((layer) => ({
      ...layer,
      restriction: restrictionOf(layer, catalog, database.facts.unaccent),
    }));
    const found = parseSamples(await database.query(sampleStatement(restricted)));
    for (const [index, layer] of batch.entries()) {
      const sample = found.get(index);
      if (sample) samples.set(layer, sample);
    }
  }
  return samples;
}

/**
 * The layer's filter. `checkLayer` reports an invalid one; here it does not restrict the sample.
 */
function restrictionOf(
  layer: Layer,
  catalog: ReadonlyMap<string, CatalogTable>,
  unaccent: boolean,
): LayerRestriction | undefined {
  const table = catalog.get(tableKey(layer.table));
  const geometry = table?.columns.get(layer.geometryColumn);
  if (!table || !geometry) return undefined;
  try {
    return compileRestriction(layer, { table, geometry, srid: layer.srid, unaccent });
  } catch (error) {
    if (error instanceof Cql2Error) return undefined;
    throw error;
  }
}

async function readTableNames(database: Database): Promise<string[]> {
  const rows = await database.query(tableNamesStatement);
  return rows.map((row) => `${row.schema_name}.${row.table_name}`);
}
