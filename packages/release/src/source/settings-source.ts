import { z } from "zod";
import {
  cachingSource,
  contactSource,
  editorSchema,
  nonEmptyText,
  positiveInteger,
  sourceShapes,
} from "./source-shape.ts";

const webAddress = z.string().refine(isWebAddress, {
  error: "must be an http or https URL without query and fragment",
});

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return false;
  return url.search === "" && url.hash === "" && url.username === "" && url.password === "";
}

/** `shared-config.json`, merged with `appsettings.json`, which takes precedence. */
export const settingsSource = z
  .strictObject({
    $schema: editorSchema,
    title: nonEmptyText.optional(),
    description: z.string().optional(),
    contact: contactSource.optional(),
    license: nonEmptyText.optional(),
    attribution: nonEmptyText.optional(),
    defaultLimit: positiveInteger.optional(),
    maxLimit: positiveInteger.optional(),
    caching: cachingSource.optional(),
    cors: z
      .strictObject({ origins: z.array(nonEmptyText) })
      .register(sourceShapes, { noun: "cors" })
      .optional(),
    baseUrl: webAddress.optional(),
  })
  .register(sourceShapes, { noun: "the settings" });
export type SettingsSource = z.infer<typeof settingsSource>;
