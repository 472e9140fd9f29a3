import { z } from "zod";

/** How messages describe the objects of a schema. */
export interface SourceShape {
  /** The noun for such an object: `layer`. */
  readonly noun: string;
  /** The key whose value identifies an object: `layer "cities"`. */
  readonly namedBy?: string;
  /** True if messages name the parent as well: `property "name" of layer "cities"`. */
  readonly isPart?: boolean;
  /** Keys of the format that are refused, because it would be dangerous to ignore them. */
  readonly unsupported?: readonly string[];
}

/** The descriptions of all object schemas of the configuration. */
export const sourceShapes = z.registry<SourceShape>();

/** The code and the advice of a problem that a rule of a schema finds. */
export interface RuleAdvice {
  readonly code?: string;
  /** Asks whether a similar word is meant; ends the message. */
  readonly typo?: string | undefined;
  readonly suggestion?: string;
  /** The offset of the problem in a string, in characters. */
  readonly offset?: number;
}

/** A string that is not empty. */
export const nonEmptyText = z
  .string()
  .refine((text) => text.trim() !== "", { error: "must not be empty" });

/** An identifier that is safe as a path segment of a URL. */
export const identifier = z
  .string()
  .refine((text) => /^[A-Za-z0-9_][A-Za-z0-9_.~-]{0,127}$/.test(text), {
    error:
      "must have 1 to 128 characters of A–Z, a–z, 0–9, '_', '.', '~' and '-', and start with a letter, a digit or '_'",
  });

export const positiveInteger = z.number().int().min(1);

/** The JSON schema of the file, for editors. It is ignored. */
export const editorSchema = z.string().optional();

export const contactSource = z
  .strictObject({
    name: nonEmptyText.optional(),
    email: nonEmptyText.optional(),
    url: nonEmptyText.optional(),
  })
  .register(sourceShapes, { noun: "contact", isPart: true });

export const cachingSource = z
  .strictObject({
    enabled: z.boolean().default(true),
    ttlSeconds: z.number().int().min(0).default(300).describe("seconds"),
  })
  .register(sourceShapes, { noun: "caching", isPart: true });
