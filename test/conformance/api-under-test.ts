import { expect } from "vitest";

/** Whatever a document holds; tests look at it member by member. */
// biome-ignore lint/suspicious/noExplicitAny: bodies are looked at member by member
export type Json = any;

export interface Link {
  href: string;
  rel: string;
  type?: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed text where it is JSON. */
  body: Json;
  bytes: Buffer;
}

/** An OGC API as its clients see it: by its landing page, and by links from there. */
export interface ApiUnderTest {
  /** Where the landing page is, known once the system runs. */
  root: string;
  /** @param address a path below the root, or a whole URL */
  get(address: string, headers?: Record<string, string>): Promise<Answer>;
  /** The document at an address, which must be there. */
  document(address: string): Promise<Json>;
  collections(): Promise<Json[]>;
  /** The features of a collection, as GeoJSON; must be answered with 200. */
  items(collection: string, query?: Record<string, string>): Promise<Json>;
  /** Ids of the features that a query selects, in their order. */
  ids(collection: string, query?: Record<string, string>): Promise<unknown[]>;
  /** Status of the answer to a query. */
  statusOf(collection: string, query: Record<string, string>): Promise<number>;
  /** The definition of the API that the landing page leads to. */
  definition(): Promise<Json>;
}

export function createApiUnderTest(): ApiUnderTest {
  const itemsOf = (collection: string, query: Record<string, string> = {}) =>
    api.get(`/collections/${collection}/items?${new URLSearchParams(query)}`);
  const api: ApiUnderTest = {
    root: "",
    async get(address, headers = {}) {
      const response = await fetch(address.startsWith("/") ? api.root + address : address, {
        headers: { accept: "application/json", ...headers },
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      const isJson =
        /[/+]json(;|$)/.test(response.headers.get("content-type") ?? "") && bytes.length > 0;
      const { status } = response;
      return {
        status,
        headers: response.headers,
        bytes,
        body: isJson ? JSON.parse(bytes.toString("utf8")) : undefined,
      };
    },
    async document(address) {
      const { status, body } = await api.get(address);
      expect(status, address).toBe(200);
      return body;
    },
    async collections() {
      return (await api.document("/collections")).collections;
    },
    async items(collection, query) {
      const { status, body } = await itemsOf(collection, query);
      expect(status, `${collection} ${JSON.stringify(query)}: ${body?.detail}`).toBe(200);
      return body;
    },
    async ids(collection, query) {
      const { features } = await api.items(collection, { limit: "1000", ...query });
      return features.map(({ id }: Json) => id);
    },
    async statusOf(collection, query) {
      return (await itemsOf(collection, query)).status;
    },
    async definition() {
      return api.document(linkOf(await api.document("/"), "service-desc").href);
    },
  };
  return api;
}

/** The first link of a relation, which must be there. */
export function linkOf({ links }: { links: Link[] }, rel: string): Link {
  const found = links.find((link) => link.rel === rel);
  expect(found, `a link '${rel}'`).toBeDefined();
  return found as Link;
}

/** All links of a relation. */
export function linksOf({ links }: { links: Link[] }, rel: string): Link[] {
  return links.filter((link) => link.rel === rel);
}

/** Every pair of numbers in a geometry. */
export function positionsOf(geometry: Json): number[][] {
  if (geometry === null) return [];
  if (geometry.geometries) return geometry.geometries.flatMap(positionsOf);
  const walk = (part: Json): number[][] =>
    typeof part[0] === "number" ? [part] : part.flatMap(walk);
  return walk(geometry.coordinates);
}
