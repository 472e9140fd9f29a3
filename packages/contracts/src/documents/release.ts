import { z } from "zod";
import { environmentName, sha256 } from "../environment.ts";
import { deploymentPolicy } from "./policy.ts";

/** Property types of the configuration. */
export const PROPERTY_TYPES = [
  "string",
  "integer",
  "number",
  "boolean",
  "date",
  "datetime",
  "time",
  "uuid",
  "json",
  "array",
] as const;
export const propertyType = z.enum(PROPERTY_TYPES);

/** Simple Features geometry types; `Geometry` accepts any. */
export const GEOMETRY_TYPES = [
  "Point",
  "LineString",
  "Polygon",
  "MultiPoint",
  "MultiLineString",
  "MultiPolygon",
  "GeometryCollection",
  "Geometry",
] as const;
export const geometryType = z.enum(GEOMETRY_TYPES);

export const property = z.object({
  name: z.string().min(1),
  type: propertyType,
  title: z.string().optional(),
  description: z.string().optional(),
  nullable: z.boolean(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  unit: z.string().optional(),
});

export const caching = z.object({
  enabled: z.boolean(),
  ttlSeconds: z.number().int().nonnegative(),
});

export const contact = z.object({
  name: z.string().optional(),
  email: z.string().optional(),
  url: z.string().optional(),
});

export const layer = z.object({
  id: z.string().min(1),
  pointer: z.string().describe("JSON pointer of the layer in environments/<env>/metadata.json"),
  title: z.string(),
  description: z.string().optional(),
  keywords: z.array(z.string()),
  datasource: z.string().min(1),
  table: z.object({ schema: z.string().min(1), name: z.string().min(1) }),
  geometryColumn: z.string().min(1),
  geometryType,
  srid: z.number().int().positive(),
  idColumn: z.string().optional().describe("absent: the primary key of the table"),
  properties: z.array(property),
  datetimeColumn: z
    .union([z.string(), z.object({ start: z.string(), end: z.string() })])
    .optional(),
  defaultLimit: z.number().int().positive().optional(),
  maxLimit: z.number().int().positive().optional(),
  caching: caching.optional(),
  extent: z.array(z.number()).length(4).optional().describe("CRS84: west, south, east, north"),
  crs: z.array(z.string()).optional().describe("URIs of additional coordinate reference systems"),
  filter: z
    .string()
    .optional()
    .describe("CQL2 text; only matching features belong to the collection"),
  orderBy: z
    .array(z.object({ property: z.string().min(1), descending: z.boolean() }))
    .optional()
    .describe("default sort order of the items; the id is the tie-breaker"),
  minZoom: z.number().int().nonnegative().optional().describe("first tile matrix with tiles"),
  maxZoom: z.number().int().nonnegative().optional().describe("last tile matrix with tiles"),
});
export type Layer = z.infer<typeof layer>;

export const service = z.object({
  id: z.string().min(1),
  pointer: z.string(),
  title: z.string(),
  description: z.string().optional(),
  keywords: z.array(z.string()),
  contact: contact.optional(),
  license: z.string().optional(),
  layers: z.array(layer),
});

/** A datasource. Its `connectionString` contains unresolved `${NAME}` references. */
export const datasource = z.object({
  id: z.string().min(1),
  pointer: z.string(),
  type: z.literal("PostgreSQL"),
  connectionString: z.string().min(1),
  description: z.string().optional(),
  pool: z
    .object({
      max: z.number().int().positive().optional(),
      idleTimeoutSeconds: z.number().int().positive().optional(),
    })
    .optional(),
  statementTimeoutSeconds: z.number().positive().optional(),
  readOnly: z.boolean(),
});

export const settings = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  contact: contact.optional(),
  license: z.string().optional(),
  attribution: z.string().optional(),
  defaultLimit: z.number().int().positive(),
  maxLimit: z.number().int().positive(),
  caching: caching.optional(),
  cors: z.object({ origins: z.array(z.string()) }).optional(),
  baseUrl: z.url().optional(),
});

/**
 * A compiled bundle: validated, merged with `common` and normalised. It is content-addressed by the
 * SHA-256 of its canonical JSON (RFC 8785). It omits disabled services and layers and contains no
 * secrets.
 */
export const release = z.object({
  apiVersion: z.literal("honua.io/v1"),
  kind: z.literal("Release"),
  environment: environmentName,
  settings,
  datasources: z.array(datasource),
  services: z.array(service),
  policy: deploymentPolicy.optional(),
});
export type Release = z.infer<typeof release>;
export type ReleaseService = z.infer<typeof service>;
export type Datasource = z.infer<typeof datasource>;
export type Settings = z.infer<typeof settings>;
export type Property = z.infer<typeof property>;

export const releaseDigest = sha256.describe("SHA-256 of the canonical release");

/** An error or a warning about a configuration: what is wrong, where, and what to do. */
export const problem = z.object({
  code: z.string().min(1),
  message: z.string().min(1),
  file: z.string().optional(),
  pointer: z.string().optional().describe("RFC 6901, inside the file"),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  suggestion: z.string().optional(),
});
export type Problem = z.infer<typeof problem>;
