import { expect, it } from "vitest";
import { crsUriOf } from "../src/source/crs-name.ts";

it.each<[string | number, number | undefined]>([
  [25830, 25830],
  ["EPSG:25830", 25830],
  ["epsg:2056", 2056],
  ["http://www.opengis.net/def/crs/EPSG/0/3035", 3035],
  ["urn:ogc:def:crs:EPSG::4258", 4258],
  ["25830", undefined],
  ["EPSG:0", undefined],
  [1.5, undefined],
  [-1, undefined],
  ["OGC:CRS84", undefined],
])("%s is the code %s", (name, code) => {
  const uri = code === undefined ? undefined : `http://www.opengis.net/def/crs/EPSG/0/${code}`;
  expect(crsUriOf(name)).toBe(uri);
});
