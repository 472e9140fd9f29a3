import { expect, it } from "vitest";
import { isNorthFirst } from "../../src/layer/axis-order.ts";

const epsg = { authority: "EPSG", proj4: "+proj=longlat" };

it.each([
  ["is true for latitude first, such as EPSG:4326", { ...epsg, wkt: 'GEOGCS["WGS 84"]' }, true],
  [
    "is true for northing first, such as EPSG:3035",
    { ...epsg, wkt: 'PROJCS["ETRS89-extended / LAEA Europe"]' },
    true,
  ],
  [
    "is true if the axes are north, east",
    { ...epsg, wkt: 'PROJCS[AXIS["X",NORTH],AXIS["Y",EAST]]' },
    true,
  ],
  [
    "is false for easting first, such as EPSG:25830",
    { ...epsg, wkt: 'AXIS["Easting",EAST],AXIS["Northing",NORTH]' },
    false,
  ],
  ["is false for west, south", { ...epsg, wkt: 'AXIS["Y",WEST],AXIS["X",SOUTH]' }, false],
  ["is false for a name with (lon-lat)", { ...epsg, wkt: 'GEOGCS["RGSPM06 (lon-lat)"]' }, false],
  [
    "is true for a compound system with a vertical axis only",
    { ...epsg, wkt: 'COMPD_CS[PROJCS["RD"],AXIS["Up",UP]]' },
    true,
  ],
  ["is true for EPSG degrees without a definition", { ...epsg, wkt: "" }, true],
  [
    "is false for an EPSG projection without a definition",
    { ...epsg, wkt: "", proj4: "+proj=utm" },
    false,
  ],
  ["is false without an authority", { authority: "", wkt: "", proj4: "+proj=longlat" }, false],
])("%s", (_name, definition, expected) => {
  expect(isNorthFirst(definition)).toBe(expected);
});
