/** Another server on the same table, started for one run. */
export interface Peer {
  name: string;
  url: string;
  /** Paths of a kind of request, in the words of this server. */
  paths: PeerPaths;
  stop(): Promise<void>;
}

export interface PeerPaths {
  page(limit: number): string;
  /** @param bbox four numbers, separated by commas */
  box(bbox: string, limit: number): string;
  item(id: string): string;
}

/** Why a server is not part of a run, in words for people. */
export interface AbsentPeer {
  name: string;
  why: string;
}

/** What a server is started with. */
export interface PeerOptions {
  databaseUrl: string;
  /** A folder of its own for files, gone after the run. */
  scratch: string;
}

/** Processes that a server may use: as many as the machine that the figures are from has cores. */
export const PROCESSES = 2;
