import { setTimeout } from "node:timers/promises";
import { percentile } from "../../statistics.ts";
import { type Load, load } from "../load.ts";
import { BOX_CORNERS, BOX_DEGREES } from "../request-kinds.ts";
import type { SamplePlaces } from "../sample-places.ts";
import type { Peer } from "./peer.ts";

/** A kind of request in the words of one server: the features that it answers with, and where. */
interface Comparison {
  name: string;
  features: number;
  paths: (peer: Pick<Peer, "paths">) => string[];
}

/** Milliseconds between two servers. */
const CALM_MS = 3_000;

/** The gateway itself, in the same words. */
export function asPeer(url: string): Peer {
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
 * Measures servers by turns, so that whatever else the machine does meets all of them, and prints a
 * line for each kind of request.
 *
 * @param servers the gateway first
 */
export async function comparePeers(
  servers: readonly Peer[],
  places: SamplePlaces,
  options: {
    rounds: number;
    seconds: number;
    warmUpSeconds: number;
    scratch: string;
    /** Part of the name of the kinds that are measured. */
    only: string;
    print: (line: string) => void;
  },
): Promise<void> {
  const { print } = options;
  print(
    `\n${"requests a second".padEnd(22)}${servers.map(({ name }) => name.padStart(14)).join("")}   best of others`,
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
        // A slow server is still busy with what the load generator does not wait for any more.
        await setTimeout(CALM_MS);
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

/** @throws Error when a server answers with something else than it is asked for */
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
