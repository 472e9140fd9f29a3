import { setTimeout } from "node:timers/promises";
import { percentile } from "../../statistics.ts";
import { type Load, load } from "../load.ts";
import { BOX_CORNERS, BOX_DEGREES } from "../request-kinds.ts";
import type { SamplePlaces } from "../sample-places.ts";
import type { Peer } from "./peer.ts";

/** A kind of request, with its paths on each server and the number of features in the response. */
interface Comparison {
  name: string;
  features: number;
  paths: (peer: Pick<Peer, "paths">) => string[];
}

/** Pause between two servers in milliseconds. */
const PAUSE_MS = 3_000;

/** The gateway with the same interface as the other servers. */
export function gatewayAsPeer(url: string): Peer {
  const items = "/ogc/collections/cities/items";
  return {
    name: "Honua",
    url,
    paths: {
      page: (limit) => `${items}?limit=${limit}`,
      box: (bbox, limit) => `${items}?bbox=${bbox}&limit=${limit}`,
      item: (id) => `${items}/${id}`,
    },
    stop: async () => undefined,
  };
}

/**
 * Measures servers in turns, so that other load on the machine affects all of them, and prints one line per
 * kind of request.
 *
 * @param servers the first is the gateway
 */
export async function comparePeers(
  servers: readonly Peer[],
  places: SamplePlaces,
  options: {
    rounds: number;
    seconds: number;
    warmUpSeconds: number;
    scratch: string;
    /** Measure only kinds whose name contains this text. */
    only: string;
    print: (line: string) => void;
  },
): Promise<void> {
  const { print } = options;
  print(
    `\n${"requests per second".padEnd(22)}${servers.map(({ name }) => name.padStart(14)).join("")}   best other`,
  );
  for (const comparison of comparisonsOf(places)) {
    if (!comparison.name.includes(options.only)) continue;
    const loads = servers.map((): Load[] => []);
    for (const server of servers) {
      await check(server, comparison);
      const warmUp = { ...options, seconds: options.warmUpSeconds };
      await load(server.url, comparison.paths(server), warmUp);
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [index, server] of servers.entries()) {
        loads[index]?.push(await load(server.url, comparison.paths(server), options));
        // A slow server is still busy with requests for which the load generator no longer waits.
        await setTimeout(PAUSE_MS);
      }
    }
    const [own = 0, ...others] = loads.map((each) =>
      percentile(
        each.map(({ rate }) => rate),
        0.5,
      ),
    );
    const ratio = others.length > 0 ? `${(own / Math.max(...others)).toFixed(1)}×` : "–";
    const rates = [own, ...others].map((rate) => rate.toFixed(0).padStart(14)).join("");
    print(`${comparison.name.padEnd(22)}${rates}${ratio.padStart(17)}`);
  }
}

function comparisonsOf({ ids }: SamplePlaces): Comparison[] {
  const page = (limit: number): Comparison => ({
    name: `items?limit=${limit}`,
    features: limit,
    paths: ({ paths }) => [paths.page(limit)],
  });
  const boxes = BOX_CORNERS.map(([west, south]) =>
    [west, south, west + BOX_DEGREES, south + BOX_DEGREES].join(","),
  );
  return [
    page(10),
    {
      name: "items?bbox&limit=100",
      features: 100,
      paths: ({ paths }) => boxes.map((box) => paths.box(box, 100)),
    },
    page(1_000),
    { name: "item by id", features: 1, paths: ({ paths }) => ids.map((id) => paths.item(id)) },
  ];
}

/** @throws Error if a response does not contain the requested features */
async function check(server: Peer, comparison: Comparison): Promise<void> {
  const [path = ""] = comparison.paths(server);
  const response = await fetch(server.url + path);
  const text = await response.text();
  const features = text.match(/"type": ?"Feature"/g)?.length ?? 0;
  if (response.ok && features === comparison.features) return;
  throw new Error(
    `${server.name}${path}: ${response.status}, ${features} features\n${text.slice(0, 500)}`,
  );
}
