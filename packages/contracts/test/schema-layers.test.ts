import { describe, expect, it } from "vitest";
import { z } from "zod";
import { schemaLayers, unwrapSchema } from "../src/index.ts";

describe("unwrapSchema", () => {
  const innermost = z.string();
  it.each([
    ["an optional schema", innermost.optional()],
    ["a default", innermost.default("a")],
    ["a prefault", innermost.prefault("a")],
    ["a nullable schema", innermost.nullable()],
    ["a transformed schema", innermost.transform(Number)],
    ["several wrappers", innermost.nullable().optional().default("a")],
    ["no wrapper", innermost],
  ])("finds the schema below %s", (_, schema) => {
    expect(unwrapSchema(schema)).toBe(innermost);
  });

  it("returns other values unchanged", () => {
    expect(unwrapSchema(undefined)).toBeUndefined();
  });
});

describe("schemaLayers", () => {
  it("lists the wrappers from the outside to the inside", () => {
    const bare = z.string();
    const optional = bare.optional();
    const outer = optional.default("a");
    expect(schemaLayers(outer)).toEqual([outer, optional, bare]);
  });
});
