import { expect } from "vitest";

/** A parsed JSON document. Tests read its members without types. */
// biome-ignore lint/suspicious/noExplicitAny: tests read members of untyped documents
export type Json = any;

export interface Link {
  href: string;
  rel: string;
  type?: string;
}

export interface JsonResponse {
  status: number;
  headers: Headers;
  /** The parsed body if it is JSON. */
  body: Json;
  bytes: Buffer;
}

/** A client of an OGC API, which starts at the landing page. */
export interface ApiUnderTest {
  /** URL of the landing page; empty until the system runs. */
  root: string;
  /** @param address a path below the root, or an absolute URL */
  get(address: string, headers?: Record<string, string>): Promise<JsonResponse>;
  /** The JSON document at an address. Fails unless the status is 200. */
  document(address: string): Promise<Json>;
  collections(): Promise<Json[]>;
  /** The features of a collection as GeoJSON. Fails unless the status is 200. */
  items(collection: string, query?: Record<string, string>): Promise<Json>;
  /** Ids of the features that a query selects, in the order of the response. */
  ids(collection: string, query?: Record<string, string>): Promise<unknown[]>;
  /** The status of the response to a query. */
  statusOf(collection: string, query: Record<string, string>): Promise<number>;
  /** The API definition that the landing page links to. */
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

/** The first link of a relation. Fails if there is none. */
export function linkOf({ links }: { links: Link[] }, rel: string): Link {
  const found = links.find((link) => link.rel === rel);
  expect(found, `a link '${rel}'`).toBeDefined();
  return found as Link;
}

/** All links of a relation. */
export function linksOf({ links }: { links: Link[] }, rel: string): Link[] {
  return links.filter((link) => link.rel === rel);
}

/** All positions of a geometry. */
export function positionsOf(geometry: Json): number[][] {
  if (geometry === null) return [];
  if (geometry.geometries) return geometry.geometries.flatMap(positionsOf);
  const walk = (part: Json): number[][] =>
    typeof part[0] === "number" ? [part] : part.flatMap(walk);
  return walk(geometry.coordinates);
}
