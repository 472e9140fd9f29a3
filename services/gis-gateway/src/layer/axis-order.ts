/**
 * True when a coordinate reference system puts latitude or northing first. PostGIS itself always
 * keeps x, y, that is longitude or easting first.
 *
 * The definition says so where it has axes. Where it has none, its authority decides: the WKT 1 that
 * PostGIS is delivered with leaves the axes of an EPSG system out exactly when they are north, east
 * (compared with PROJ's database: 1 773 systems, the exceptions say `(lon-lat)` in their names).
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
  // A compound system may have the vertical axis alone.
  if (first !== undefined && first !== "up") return first === "north" && second === "east";
  if (authority.toUpperCase() !== "EPSG" || /\(lon-lat\)/i.test(wkt)) return false;
  return wkt === "" ? proj4.includes("+proj=longlat") : true;
}
