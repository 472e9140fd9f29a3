import { z } from "zod";

/** How messages speak of the objects of a schema. */
export interface SourceShape {
  /** What such an object is called: `layer`. */
  readonly noun: string;
  /** The key whose value names one of them: `layer "cities"`. */
  readonly namedBy?: string;
  /** Whether it is said what it is part of: `property "name" of layer "cities"`. */
  readonly isPart?: boolean;
  /** Keys of the format that this version refuses, because ignoring them would be dangerous. */
  readonly unsupported?: readonly string[];
}

/** The shape of each object schema of the configuration. */
export const sourceShapes = z.registry<SourceShape>();

/** Codes and advice that a rule of a schema gives the problem it finds. */
export interface RuleAdvice {
  readonly code?: string;
  readonly suggestion?: string;
  /** Where in a text the problem is, in characters from its start. */
  readonly offset?: number;
}

/** A non-empty text. */
export const words = z
  .string()
  .refine((text) => text.trim() !== "", { error: "must not be empty" });

/** An identifier that is safe as one segment of a URL. */
export const identifier = z
  .string()
  .refine((text) => /^[A-Za-z0-9_][A-Za-z0-9_.~-]{0,127}$/.test(text), {
    error:
      "must be 1 to 128 of the letters A–Z and a–z, digits, '_', '.', '~' and '-', and start with a letter, a digit or '_'",
  });

export const positiveInteger = z.number().int().min(1);

/** Editors name the JSON schema of a file by this key; it means nothing here. */
export const editorSchema = z.string().optional();

export const contactSource = z
  .strictObject({ name: words.optional(), email: words.optional(), url: words.optional() })
  .register(sourceShapes, { noun: "contact", isPart: true });

export const cachingSource = z
  .strictObject({
    enabled: z.boolean().default(true),
    ttlSeconds: z.number().int().min(0).default(300).describe("seconds"),
  })
  .register(sourceShapes, { noun: "caching", isPart: true });
