import { unwrapSchema } from "@honua/contracts";
import { z } from "zod";
import type { JsonPath } from "./json-pointer.ts";
import { type SourceShape, sourceShapes } from "./source-shape.ts";

/** The object that contains the value at a path, as messages describe it. */
export interface Owner {
  /** `layer "cities"`. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly unsupported: readonly string[];
}

/**
 * Finds the innermost object of the configuration on a path.
 *
 * @param path the path of the object itself or of a value inside it
 */
export function ownerAt(schema: z.ZodType, root: unknown, path: JsonPath): Owner {
  const trail = [...stepsAlong(schema, root, path)];
  const at = trail.findLastIndex(({ shape }) => shape !== undefined);
  const innermost = trail[at];
  const whole = trail.slice(0, at).findLast(({ shape }) => shape?.namedBy !== undefined);
  const own = objectName(innermost?.shape, innermost?.value);
  const of = innermost?.shape?.isPart && whole ? ` of ${objectName(whole.shape, whole.value)}` : "";
  return {
    name: `${own}${of}`,
    keys: Object.keys(innermost?.object?.shape ?? {}).filter((key) => key !== "$schema"),
    unsupported: innermost?.shape?.unsupported ?? [],
  };
}

interface Step {
  readonly value: unknown;
  readonly object: z.ZodObject | undefined;
  readonly shape: SourceShape | undefined;
}

function* stepsAlong(schema: z.ZodType, root: unknown, path: JsonPath): Generator<Step> {
  let at: unknown = schema;
  let value = root;
  for (const segment of [undefined, ...path]) {
    if (segment !== undefined) {
      at = childSchema(at, segment);
      value = (value as Record<string, unknown> | undefined | null)?.[segment];
    }
    const object = objectSchema(at);
    yield { value, object, shape: object && sourceShapes.get(object) };
  }
}

function childSchema(schema: unknown, segment: string | number): unknown {
  const bare = unwrapSchema(schema);
  if (bare instanceof z.ZodArray) return bare.element;
  if (bare instanceof z.ZodRecord) return bare.valueType;
  return objectSchema(bare)?.shape[segment];
}

function objectSchema(schema: unknown): z.ZodObject | undefined {
  const bare = unwrapSchema(schema);
  if (bare instanceof z.ZodObject) return bare;
  if (!(bare instanceof z.ZodUnion)) return undefined;
  return bare.options.map(objectSchema).find((option) => option !== undefined);
}

function objectName(shape: SourceShape | undefined, value: unknown): string {
  const noun = shape?.noun ?? "the file";
  if (shape?.namedBy === undefined) return noun;
  const name = (value as Record<string, unknown> | undefined | null)?.[shape.namedBy];
  return typeof name === "string" && name !== "" ? `${noun} "${name}"` : `a ${noun}`;
}
