const link = { $ref: "#/components/schemas/Link" };
const links = { type: "array", items: link };
const text = { type: "string" };

/** OpenAPI 3.0 schemas of the responses. */
export const openapiSchemas = {
  Link: {
    type: "object",
    required: ["href", "rel"],
    properties: { href: text, rel: text, type: text, title: text },
  },
  LandingPage: {
    type: "object",
    required: ["links"],
    properties: { title: text, description: text, attribution: text, links },
  },
  Conformance: {
    type: "object",
    required: ["conformsTo"],
    properties: { conformsTo: { type: "array", items: text } },
  },
  Collections: {
    type: "object",
    required: ["links", "collections"],
    properties: {
      links,
      collections: { type: "array", items: { $ref: "#/components/schemas/Collection" } },
    },
  },
  Collection: {
    type: "object",
    required: ["id", "links"],
    properties: {
      id: text,
      title: text,
      description: text,
      keywords: { type: "array", items: text },
      extent: {
        type: "object",
        properties: {
          spatial: {
            type: "object",
            properties: {
              bbox: {
                type: "array",
                minItems: 1,
                items: { type: "array", minItems: 4, maxItems: 6, items: { type: "number" } },
              },
              crs: text,
            },
          },
          temporal: {
            type: "object",
            properties: {
              interval: {
                type: "array",
                minItems: 1,
                items: {
                  type: "array",
                  minItems: 2,
                  maxItems: 2,
                  items: { type: "string", format: "date-time", nullable: true },
                },
              },
              trs: text,
            },
          },
        },
      },
      itemType: text,
      crs: { type: "array", items: text },
      storageCrs: text,
      links,
    },
  },
  JsonSchema: { type: "object" },
  Geometry: {
    type: "object",
    nullable: true,
    required: ["type"],
    properties: {
      type: {
        type: "string",
        enum: [
          "Point",
          "MultiPoint",
          "LineString",
          "MultiLineString",
          "Polygon",
          "MultiPolygon",
          "GeometryCollection",
        ],
      },
    },
  },
  Feature: {
    type: "object",
    required: ["type", "geometry", "properties"],
    properties: {
      type: { type: "string", enum: ["Feature"] },
      id: { oneOf: [{ type: "string" }, { type: "number" }] },
      geometry: { $ref: "#/components/schemas/Geometry" },
      properties: { type: "object", nullable: true },
      links,
    },
  },
  FeatureCollection: {
    type: "object",
    required: ["type", "features"],
    properties: {
      type: { type: "string", enum: ["FeatureCollection"] },
      features: { type: "array", items: { $ref: "#/components/schemas/Feature" } },
      links,
      timeStamp: { type: "string", format: "date-time" },
      numberMatched: { type: "integer", minimum: 0 },
      numberReturned: { type: "integer", minimum: 0 },
    },
  },
  Problem: {
    type: "object",
    required: ["type", "title", "status"],
    properties: {
      type: text,
      title: text,
      status: { type: "integer" },
      detail: text,
      instance: text,
      code: text,
    },
  },
} as const;
