import { z } from "zod";
import {
  cachingSource,
  contactSource,
  editorSchema,
  positiveInteger,
  sourceShapes,
  words,
} from "./source-shape.ts";

const webAddress = z.string().refine(isWebAddress, {
  error: "must be an http or https address without query and fragment",
});

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return false;
  return url.search === "" && url.hash === "" && url.username === "" && url.password === "";
}

/** `shared-config.json` with `appsettings.json` merged over it. */
export const settingsSource = z
  .strictObject({
    $schema: editorSchema,
    title: words.optional(),
    description: z.string().optional(),
    contact: contactSource.optional(),
    license: words.optional(),
    attribution: words.optional(),
    defaultLimit: positiveInteger.optional(),
    maxLimit: positiveInteger.optional(),
    caching: cachingSource.optional(),
    cors: z
      .strictObject({ origins: z.array(words) })
      .register(sourceShapes, { noun: "cors" })
      .optional(),
    baseUrl: webAddress.optional(),
  })
  .register(sourceShapes, { noun: "the settings" });
export type SettingsSource = z.infer<typeof settingsSource>;
