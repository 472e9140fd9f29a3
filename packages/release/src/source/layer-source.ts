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
  positiveInteger,
  type RuleAdvice,
  sourceShapes,
  words,
} from "./source-shape.ts";
import { parseTableName } from "./table-name.ts";

/** Two keys that mean the same, as the format allows for both; giving both is ambiguous. */
function notBoth<Schema extends z.ZodType>(schema: Schema, key: string, synonym: string) {
  const params: RuleAdvice = { code: "conflicting-keys", suggestion: `keep only "${key}"` };
  return schema.refine(
    (value) => {
      const given = Object.keys(value as object);
      return !(given.includes(key) && given.includes(synonym));
    },
    {
      error: `means the same as "${key}", and both are given`,
      path: [synonym],
      params,
      when: ({ value }) => typeof value === "object" && value !== null,
    },
  );
}

const propertyTypeWord = z.string().superRefine((word, context) => {
  if (propertyTypeNamed(word) !== undefined) return;
  const suggestion = didYouMean(word, PROPERTY_TYPE_WORDS);
  const choices = PROPERTY_TYPES.map((type) => `"${type}"`).join(", ");
  context.addIssue({
    code: "custom",
    message: `must be one of ${choices}; it is "${word}"${suggestion === undefined ? "" : `; ${suggestion}`}`,
    params: { suggestion },
  });
});

const propertySource = notBoth(
  z
    .strictObject({
      name: words,
      type: propertyTypeWord,
      title: words.optional(),
      alias: words.optional(),
      description: z.string().optional(),
      nullable: z.boolean().default(true),
      enum: z
        .array(z.union([z.string(), z.number()]))
        .min(1)
        .optional(),
      unit: words.optional(),
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
    { error: "must be west, south, east, north in degrees (CRS84), south not above north" },
  );

/** The tile matrices that WebMercatorQuad has. */
const zoom = z.number().int().min(0).max(24);

const crsName = z.union([z.number(), z.string()]).refine((name) => crsUriOf(name) !== undefined, {
  error: 'must be an EPSG code such as 25830, "EPSG:25830", or the URI of one',
});

/** A layer as `metadata.json` writes it. */
export const layerSource = notBoth(
  notBoth(
    z
      .strictObject({
        id: identifier,
        title: words.optional(),
        description: z.string().optional(),
        abstract: z.string().optional(),
        keywords: z.array(words).default([]),
        datasource: words,
        table: z.string().refine((text) => parseTableName(text) !== undefined, {
          error:
            'must be "table" or "schema.table"; a name with dots, spaces or signs stands in double quotes',
        }),
        geometryColumn: words,
        geometryType: z.enum(GEOMETRY_TYPES),
        srid: positiveInteger,
        idColumn: words.optional(),
        properties: z.array(propertySource).optional(),
        fields: z.array(propertySource).optional(),
        datetimeColumn: z
          .union([
            words,
            z
              .strictObject({ start: words, end: words })
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
