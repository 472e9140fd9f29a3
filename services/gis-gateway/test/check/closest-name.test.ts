import { expect, it } from "vitest";
import { closestName } from "../../src/check/closest-name.ts";

it.each([
  ["populaton", ["name", "population"], "population"],
  ["geometryCol", ["geometry", "geom"], "geometry"],
  ["NAME", ["name"], "name"],
  ["nmae", ["name"], "name"],
  ["xyz", ["name", "geom"], undefined],
  ["id", ["fid", "gid"], "fid"],
  ["", ["a"], "a"],
])("%s", (name, candidates, closest) => {
  expect(closestName(name, candidates)).toBe(closest);
});
