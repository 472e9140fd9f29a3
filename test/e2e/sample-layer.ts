interface Metadata {
  services: { layers: Record<string, unknown>[] }[];
}

export const METADATA = "environments/production/metadata.json";

/** A layer on the table of cities in the sample data. */
export function placesLayer(
  id: string,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id,
    title: `Places (${id})`,
    datasource: "postgres-prod",
    table: "public.cities",
    geometryColumn: "geom",
    geometryType: "Point",
    srid: 4326,
    properties: [{ name: "name", type: "string" }],
    ...changes,
  };
}

/** Adds a layer to the metadata document. */
export function addLayer(layer: Record<string, unknown>) {
  return (document: Metadata): Metadata => {
    document.services[0]?.layers.push(layer);
    return document;
  };
}

/** Changes a layer of the metadata document, or removes it if `change` returns undefined. */
export function changeLayer(
  id: string,
  change: (layer: Record<string, unknown>) => Record<string, unknown> | undefined,
) {
  return (document: Metadata): Metadata => {
    for (const service of document.services) {
      service.layers = service.layers.flatMap((layer) => {
        const changed = layer.id === id ? change(layer) : layer;
        return changed ? [changed] : [];
      });
    }
    return document;
  };
}
