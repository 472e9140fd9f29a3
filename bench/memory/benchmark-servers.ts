/** The servers and the output of a benchmark. */
export interface BenchmarkServers {
  /** A database with PostGIS. */
  databaseUrl: string;
  natsUrl: string;
  print(line: string): void;
}
