/** Another server on the same table, for one run. */
export interface Peer {
  name: string;
  url: string;
  /** The paths of each kind of request on this server. */
  paths: PeerPaths;
  stop(): Promise<void>;
}

export interface PeerPaths {
  page(limit: number): string;
  /** @param bbox four numbers, separated by commas */
  box(bbox: string, limit: number): string;
  item(id: string): string;
}

/** A server that cannot be measured, with the reason. */
export interface AbsentPeer {
  name: string;
  reason: string;
}

/** The options with which a server starts. */
export interface PeerOptions {
  databaseUrl: string;
  /** A folder for the files of the server, which is removed after the run. */
  scratch: string;
}

/** Processes per server: the number of cores of the machine on which the results were measured. */
export const PROCESSES = 2;
