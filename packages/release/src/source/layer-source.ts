import { GEOMETRY_TYPES, PROPERTY_TYPES } from "@honua/contracts";
import { didYouMean } from "@honua/text";
import { z } from "zod";
import { crsUriOf } from "./crs-name.ts";
import { layerFilter } from "./layer-filter.ts";
import { orderBySource } from "./order-by.ts";
import { PROPERTY_TYPE_WORDS, propertyTypeNamed } from "./property-types.ts";
import {
  cachingSource,
  identifier,
  nonEmptyText,
  positiveInteger,
  type RuleAdvice,
  sourceShapes,
} from "./source-shape.ts";
import { parseTableName } from "./table-name.ts";

/** The format has two names for this key. Giving both is ambiguous and therefore refused. */
function exclusiveKeys<Schema extends z.ZodType>(schema: Schema, key: string, synonym: string) {
  const params: RuleAdvice = { code: "conflicting-keys", suggestion: `Keep only "${key}".` };
  return schema.refine(
    (value) => {
      const given = Object.keys(value as object);
      return !(given.includes(key) && given.includes(synonym));
    },
    {
      error: `is a synonym of "${key}", and both are given`,
      path: [synonym],
      params,
      when: ({ value }) => typeof value === "object" && value !== null,
    },
  );
}

const propertyTypeWord = z.string().superRefine((word, context) => {
  if (propertyTypeNamed(word) !== undefined) return;
  const choices = PROPERTY_TYPES.map((type) => `"${type}"`).join(", ");
  context.addIssue({
    code: "custom",
    message: `must be one of ${choices}; it is "${word}"`,
    params: { typo: didYouMean(word, PROPERTY_TYPE_WORDS) },
  });
});

const propertySource = exclusiveKeys(
  z
    .strictObject({
      name: nonEmptyText,
      type: propertyTypeWord,
      title: nonEmptyText.optional(),
      alias: nonEmptyText.optional(),
      description: z.string().optional(),
      nullable: z.boolean().default(true),
      enum: z
        .array(z.union([z.string(), z.number()]))
        .min(1)
        .optional(),
      unit: nonEmptyText.optional(),
    })
    .register(sourceShapes, { noun: "property", namedBy: "name", isPart: true }),
  "title",
  "alias",
);

const extent = z
  .array(z.number())
  .refine(
    ([west = NaN, south = NaN, east = NaN, north = NaN, ...rest]) =>
      rest.length === 0 &&
      [west, east].every((longitude) => Math.abs(longitude) <= 180) &&
      -90 <= south &&
      south <= north &&
      north <= 90,
    { error: "must be [west, south, east, north] in degrees (CRS84), with south at most north" },
  );

/** The zoom levels of WebMercatorQuad. */
const zoom = z.number().int().min(0).max(24);

const crsName = z.union([z.number(), z.string()]).refine((name) => crsUriOf(name) !== undefined, {
  error: 'must be an EPSG code such as 25830 or "EPSG:25830", or its URI',
});

/** A layer in `metadata.json`. */
export const layerSource = exclusiveKeys(
  exclusiveKeys(
    z
      .strictObject({
        id: identifier,
        title: nonEmptyText.optional(),
        description: z.string().optional(),
        abstract: z.string().optional(),
        keywords: z.array(nonEmptyText).default([]),
        datasource: nonEmptyText,
        table: z.string().refine((text) => parseTableName(text) !== undefined, {
          error:
            'must be "table" or "schema.table"; put a name with dots, spaces or signs in double quotes',
        }),
        geometryColumn: nonEmptyText,
        geometryType: z.enum(GEOMETRY_TYPES),
        srid: positiveInteger,
        idColumn: nonEmptyText.optional(),
        properties: z.array(propertySource).optional(),
        fields: z.array(propertySource).optional(),
        datetimeColumn: z
          .union([
            nonEmptyText,
            z
              .strictObject({ start: nonEmptyText, end: nonEmptyText })
              .register(sourceShapes, { noun: "datetimeColumn", isPart: true }),
          ])
          .optional(),
        defaultLimit: positiveInteger.optional(),
        maxLimit: positiveInteger.optional(),
        caching: cachingSource.optional(),
        extent: extent.optional(),
        crs: z.array(crsName).optional(),
        filter: layerFilter.optional(),
        orderBy: orderBySource.optional(),
        minZoom: zoom.optional(),
        maxZoom: zoom.optional(),
        enabled: z.boolean().default(true),
      })
      .register(sourceShapes, {
        noun: "layer",
        namedBy: "id",
      }),
    "description",
    "abstract",
  ),
  "properties",
  "fields",
);
export type LayerSource = z.infer<typeof layerSource>;
export type PropertySource = z.infer<typeof propertySource>;
