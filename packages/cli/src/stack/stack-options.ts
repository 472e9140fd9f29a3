import type { ServiceName } from "./ports.ts";

/** Number of processes by service; one for services that are not listed. */
export type ServiceScale = Partial<Record<ServiceName, number>>;

/** Options of `honua up`. */
export interface UpFlags {
  home: string;
  repo?: string;
  branch: string;
  environment: string;
  portBase: number;
  databaseUrl?: string;
  gisDatabaseUrl?: string;
  natsUrl?: string;
  scale: ServiceScale;
  workers: number;
  /** Seconds. */
  pollInterval: number;
  json?: boolean;
  reset?: boolean;
}
