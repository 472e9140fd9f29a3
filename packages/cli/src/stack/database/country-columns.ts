import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "world-atlas/countries-50m.json" with { type: "json" };

/** Countries as columns, the input of `unnest`. */
export interface CountryColumns {
  /** Position in the source, from 1. Five countries of the source have no code and two share one. */
  id: number[];
  name: string[];
  /** ISO 3166-1 numeric; null if the source has no code */
  isoNumeric: (string | null)[];
  /** GeoJSON */
  geometry: string[];
}

/** Reads all 241 countries of Natural Earth 1:50m. */
export function countryColumns(): CountryColumns {
  const topology = atlas as unknown as Topology<{
    countries: GeometryCollection<{ name: string }>;
  }>;
  const { features } = feature(topology, topology.objects.countries);
  return {
    id: features.map((_, index) => index + 1),
    name: features.map((country) => country.properties.name),
    isoNumeric: features.map((country) => country.id?.toString() ?? null),
    geometry: features.map((country) => JSON.stringify(country.geometry)),
  };
}
