import { expect, it } from "vitest";
import { isNorthFirst } from "../../src/layer/axis-order.ts";

const epsg = { authority: "EPSG", proj4: "+proj=longlat" };

it.each([
  ["latitude first, as EPSG:4326", { ...epsg, wkt: 'GEOGCS["WGS 84"]' }, true],
  [
    "northing first, as EPSG:3035",
    { ...epsg, wkt: 'PROJCS["ETRS89-extended / LAEA Europe"]' },
    true,
  ],
  ["said by its axes", { ...epsg, wkt: 'PROJCS[AXIS["X",NORTH],AXIS["Y",EAST]]' }, true],
  [
    "easting first, as EPSG:25830",
    { ...epsg, wkt: 'AXIS["Easting",EAST],AXIS["Northing",NORTH]' },
    false,
  ],
  ["west and south", { ...epsg, wkt: 'AXIS["Y",WEST],AXIS["X",SOUTH]' }, false],
  ["longitude first by its name", { ...epsg, wkt: 'GEOGCS["RGSPM06 (lon-lat)"]' }, false],
  ["compound", { ...epsg, wkt: 'COMPD_CS[PROJCS["RD"],AXIS["Up",UP]]' }, true],
  ["without a definition, in degrees", { ...epsg, wkt: "" }, true],
  ["without a definition, projected", { ...epsg, wkt: "", proj4: "+proj=utm" }, false],
  ["of nobody", { authority: "", wkt: "", proj4: "+proj=longlat" }, false],
])("%s", (_what, definition, expected) => {
  expect(isNorthFirst(definition)).toBe(expected);
});
