/** What a measurement of the gateway stands on. */
export interface Ground {
  /** A database with PostGIS. */
  databaseUrl: string;
  natsUrl: string;
  print(line: string): void;
}
