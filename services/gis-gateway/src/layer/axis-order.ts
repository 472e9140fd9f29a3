/**
 * True if the axis order of a coordinate reference system is latitude or northing first. PostGIS
 * always stores x, y: longitude or easting first.
 *
 * The axes in the definition decide. If the definition has no axes, the authority decides: the WKT
 * 1 in PostGIS's `spatial_ref_sys` omits the axes of an EPSG system exactly when they are north,
 * east (compared with PROJ's database: 1 773 systems; the exceptions have `(lon-lat)` in their
 * names).
 */
export function isNorthFirst(definition: {
  authority: string;
  wkt: string;
  proj4: string;
}): boolean {
  const { authority, wkt, proj4 } = definition;
  const [first, second] = [...wkt.matchAll(/AXIS\["[^"]*",\s*(\w+)/gi)].map(([, direction]) =>
    direction?.toLowerCase(),
  );
  // The definition of a compound system may list the vertical axis only.
  if (first !== undefined && first !== "up") return first === "north" && second === "east";
  if (authority.toUpperCase() !== "EPSG" || /\(lon-lat\)/i.test(wkt)) return false;
  return wkt === "" ? proj4.includes("+proj=longlat") : true;
}
