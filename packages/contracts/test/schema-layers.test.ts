import { describe, expect, it } from "vitest";
import { z } from "zod";
import { schemaLayers, unwrapSchema } from "../src/index.ts";

describe("unwrapSchema", () => {
  const bare = z.string();
  it.each([
    ["an optional schema", bare.optional()],
    ["a default", bare.default("a")],
    ["a prefault", bare.prefault("a")],
    ["a nullable schema", bare.nullable()],
    ["a transformed schema", bare.transform(Number)],
    ["several wrappers", bare.nullable().optional().default("a")],
    ["no wrapper", bare],
  ])("finds the schema below %s", (_, schema) => {
    expect(unwrapSchema(schema)).toBe(bare);
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
