import { z } from "zod";
import { layerSource } from "./layer-source.ts";
import {
  contactSource,
  editorSchema,
  identifier,
  nonEmptyText,
  sourceShapes,
} from "./source-shape.ts";

const serviceSource = z
  .strictObject({
    id: identifier,
    title: nonEmptyText.optional(),
    description: z.string().optional(),
    keywords: z.array(nonEmptyText).default([]),
    contact: contactSource.optional(),
    license: nonEmptyText.optional(),
    enabled: z.boolean().default(true),
    layers: z.array(layerSource).default([]),
  })
  .register(sourceShapes, { noun: "service", namedBy: "id" });
export type ServiceSource = z.infer<typeof serviceSource>;

/** `environments/<env>/metadata.json`. */
export const metadataSource = z
  .strictObject({ $schema: editorSchema, services: z.array(serviceSource) })
  .register(sourceShapes, { noun: "the file" });
