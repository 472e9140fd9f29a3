import type { Property } from "@honua/contracts";
import { type ItemFormat, itemFormats } from "../features/formats/item-formats.ts";
import { FILTER_LANGUAGES } from "../features/parameters/filter.ts";
import type { PageLimits } from "../layer/page-limits.ts";
import { ITEMS_PARAMETERS, isReserved } from "../ogc/items-parameters.ts";
import { API_PATH } from "../ogc/link.ts";
import { CRS84, MEDIA } from "../ogc/media-types.ts";
import { type ActiveRelease, DEFAULT_TITLE } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";
import { collectionTileSource, datasetTileSource, hasTiles } from "../tiles/tile-documents.ts";
import { tileMatrixSetPaths, tilePaths } from "../tiles/tile-openapi.ts";
import { crsUris } from "./collection-documents.ts";
import { openapiSchemas } from "./openapi-schemas.ts";
import { valueSchema } from "./schema-documents.ts";

/** Maximum number of collections with their own paths. Above it, all collections share one set of paths. */
const MAX_LISTED_COLLECTIONS = 500;

const FORMAT = "Format of the response. It takes precedence over the Accept header";

/** Parameters that name a coordinate reference system (Part 2, 6.4 and 6.5; Part 3, 7.4). */
const CRS_PARAMETERS: Record<string, string> = {
  crs: "Coordinate reference system of the response: one of the URIs that the collection lists",
  "bbox-crs": "Coordinate reference system of bbox: one of the URIs that the collection lists",
  "filter-crs":
    "Coordinate reference system of geometries in the filter: one of the URIs that the collection lists",
};

type Json = Record<string, unknown>;

/** The definition of the API in OpenAPI 3.0 (Part 1, clause 9). */
export function openapiDocument(active: ActiveRelease, base: string): Json {
  const { settings } = active.release;
  const { contact, license } = settings;
  const tiled = datasetTileSource(active);
  return {
    openapi: "3.0.3",
    info: {
      title: settings.title ?? DEFAULT_TITLE,
      ...(settings.description === undefined ? {} : { description: settings.description }),
      version: active.digest.slice(0, 12),
      ...(contact ? { contact } : {}),
      ...(license === undefined ? {} : { license: { name: license } }),
    },
    servers: [{ url: `${base}${API_PATH}` }],
    tags: [
      { name: "Capabilities", description: "Description of this API and its collections" },
      { name: "Data", description: "Access to features" },
      { name: "Tiles", description: "Access to vector tiles" },
    ],
    paths: {
      "/": documentOperation(
        "Capabilities",
        "getLandingPage",
        "The landing page",
        [],
        successResponse("LandingPage"),
      ),
      "/conformance": documentOperation(
        "Capabilities",
        "getConformance",
        "The standards this API conforms to",
        [],
        successResponse("Conformance"),
      ),
      "/collections": documentOperation(
        "Capabilities",
        "getCollections",
        "The collections",
        [],
        successResponse("Collections"),
      ),
      ...collectionPaths(active),
      ...(tiled ? tilePaths(tiled, ".dataset.vector.") : {}),
      ...([...active.collections.values()].some(hasTiles) ? tileMatrixSetPaths() : {}),
    },
    components: {
      parameters: {
        f: queryParameter("f", FORMAT, {
          type: "string",
          enum: ["json", "html"],
        }),
        bbox,
        datetime,
        ...Object.fromEntries(
          Object.keys(CRS_PARAMETERS).map((name) => [name, crsParameter(name)]),
        ),
        ids: listParameter("ids", "Only features with these ids"),
        sortby: listParameter(
          "sortby",
          "Properties to sort by. A minus sign before a name selects descending order",
          {
            minItems: 1,
          },
        ),
        properties: listParameter("properties", "Properties to include in the features"),
        skipGeometry: queryParameter("skipGeometry", "Omits the geometries of the features", {
          type: "boolean",
          default: false,
        }),
        offset: queryParameter(
          "offset",
          "Number of features to skip. Following next links is faster",
          {
            type: "integer",
            minimum: 0,
            default: 0,
          },
        ),
        cursor: queryParameter("cursor", "Start of the page, from a next or prev link", {
          type: "string",
        }),
        filter: queryParameter("filter", "A condition in CQL2, such as population > 1000000", {
          type: "string",
          minLength: 1,
        }),
        "filter-lang": queryParameter("filter-lang", "Language of the filter", {
          type: "string",
          enum: FILTER_LANGUAGES,
          default: FILTER_LANGUAGES[0],
        }),
        featureId: pathParameter("featureId", "Id of the feature", { type: "string" }),
      },
      schemas: openapiSchemas,
      responses: {
        Problem: {
          description: "A problem (RFC 9457)",
          content: {
            "application/problem+json": { schema: reference("schemas", "Problem") },
            "text/html": { schema: { type: "string" } },
          },
        },
      },
    },
  };
}

function collectionPaths({ collections, release }: ActiveRelease): Json {
  if (collections.size <= MAX_LISTED_COLLECTIONS) {
    const own = [...collections.values()].map((collection) => {
      const { id, title } = collection.layer;
      const formats = itemFormats(collection);
      const crs = crsUris(collection);
      const parameters = itemsParameters(
        collection.limits,
        filterableProperties(collection),
        formats,
        crs,
      );
      const tiled = collectionTileSource(collection);
      return {
        ...pathsOf(`/collections/${encodeURIComponent(id)}`, `${id}_`, title, [], {
          parameters,
          formats,
          crs,
        }),
        ...(tiled ? tilePaths(tiled, `${id}.collection.vector.`) : {}),
      };
    });
    return Object.assign({}, ...own);
  }
  const any = pathParameter("collectionId", "Id of the collection", {
    type: "string",
    enum: [...collections.keys()],
  });
  const limits = { default: release.settings.defaultLimit, max: release.settings.maxLimit };
  const formats = [...collections.values()].map(itemFormats).at(0) ?? [];
  const items = { parameters: itemsParameters(limits, [], formats), formats, crs: undefined };
  return pathsOf("/collections/{collectionId}", "", "A collection", [any], items);
}

/** The paths of one collection, or the shared paths of all collections. */
function pathsOf(
  root: string,
  prefix: string,
  title: string,
  own: Json[],
  items: { parameters: Json[]; formats: readonly ItemFormat[]; crs: readonly string[] | undefined },
): Record<string, Json> {
  const id = (name: string) => `${prefix}${name}`;
  return {
    [root]: documentOperation(
      "Capabilities",
      id("getCollection"),
      title,
      own,
      successResponse("Collection"),
    ),
    [`${root}/queryables`]: documentOperation(
      "Capabilities",
      id("getQueryables"),
      `${title}: queryables`,
      own,
      successResponse("JsonSchema", MEDIA.schema),
    ),
    [`${root}/schema`]: documentOperation(
      "Capabilities",
      id("getSchema"),
      `${title}: schema`,
      own,
      successResponse("JsonSchema", MEDIA.schema),
    ),
    [`${root}/items`]: operation(
      "Data",
      id("getFeatures"),
      `${title}: features`,
      [...own, ...items.parameters],
      itemsSuccessResponse(items.formats),
    ),
    [`${root}/items/{featureId}`]: documentOperation(
      "Data",
      id("getFeature"),
      `${title}: one feature`,
      [...own, reference("parameters", "featureId"), crsParameter("crs", items.crs)],
      successResponse("Feature", MEDIA.geojson),
    ),
  };
}

function filterableProperties({ layer, source }: Collection): Property[] {
  return layer.properties.filter(({ name }) => source?.filters.has(name) && !isReserved(name));
}

function itemsParameters(
  limits: PageLimits,
  properties: readonly Property[],
  formats: readonly ItemFormat[],
  crs?: readonly string[],
): Json[] {
  return [
    queryParameter("limit", "Maximum number of features on the page", {
      type: "integer",
      minimum: 1,
      maximum: limits.max,
      default: limits.default,
    }),
    ...ITEMS_PARAMETERS.filter((name) => name !== "limit" && name !== "f").map((name) =>
      crs && name in CRS_PARAMETERS ? crsParameter(name, crs) : reference("parameters", name),
    ),
    ...properties.map((property) =>
      queryParameter(
        property.name,
        property.title ?? `Value of ${property.name}`,
        valueSchema(property),
      ),
    ),
    queryParameter("f", FORMAT, {
      type: "string",
      enum: ["json", "html", ...formats.map(({ name }) => name)],
    }),
  ];
}

/** @param crs the allowed URIs. Undefined for the shared paths of all collections */
function crsParameter(name: string, crs?: readonly string[]): Json {
  const values = crs ? { enum: crs, default: CRS84 } : { format: "uri" };
  return queryParameter(name, CRS_PARAMETERS[name] ?? "", { type: "string", ...values });
}

/** Defined by Part 1, requirement 13. */
const bbox = {
  name: "bbox",
  in: "query",
  description:
    "Only features whose geometry intersects this box: west, south, east, north in degrees (CRS84). With six numbers, the minimum height follows south, and the maximum height follows north. If west is greater than east, the box crosses the antimeridian.",
  required: false,
  schema: { type: "array", minItems: 4, maxItems: 6, items: { type: "number" } },
  style: "form",
  explode: false,
};

/** Defined by Part 1, requirement 18. */
const datetime = queryParameter(
  "datetime",
  "Only features whose time intersects this instant or interval (RFC 3339). An end may be open, as in 2018-02-12T00:00:00Z/..",
  { type: "string" },
);

function queryParameter(name: string, description: string, schema: Json): Json {
  return { name, in: "query", description, required: false, schema, style: "form", explode: false };
}

function listParameter(name: string, description: string, additions: Json = {}): Json {
  return queryParameter(name, description, {
    type: "array",
    items: { type: "string" },
    ...additions,
  });
}

function pathParameter(name: string, description: string, schema: Json): Json {
  return { name, in: "path", description, required: true, schema };
}

function reference(kind: "parameters" | "schemas" | "responses", name: string): Json {
  return { $ref: `#/components/${kind}/${name}` };
}

function documentOperation(
  tag: string,
  operationId: string,
  summary: string,
  parameters: Json[],
  success: Json,
): Json {
  return operation(
    tag,
    operationId,
    summary,
    [...parameters, reference("parameters", "f")],
    success,
  );
}

function operation(
  tag: string,
  operationId: string,
  summary: string,
  parameters: Json[],
  success: Json,
): Json {
  return {
    get: {
      tags: [tag],
      operationId,
      summary,
      parameters,
      responses: {
        "200": success,
        default: reference("responses", "Problem"),
      },
    },
  };
}

function successResponse(schema: string, type: string = MEDIA.json): Json {
  return {
    description: "The operation succeeded",
    content: {
      [type]: { schema: reference("schemas", schema) },
      "text/html": { schema: { type: "string" } },
    },
  };
}

/** The response with features as GeoJSON, as HTML and in these formats. */
function itemsSuccessResponse(formats: readonly ItemFormat[]): Json {
  const geojsonResponse = successResponse("FeatureCollection", MEDIA.geojson);
  const others = formats.map(({ name, mediaType, text }) => [
    mediaType,
    {
      schema:
        name === "jsonfg"
          ? reference("schemas", "FeatureCollection")
          : { type: "string", ...(text ? {} : { format: "binary" }) },
    },
  ]);
  return {
    ...geojsonResponse,
    content: { ...(geojsonResponse.content as Json), ...Object.fromEntries(others) },
  };
}
