import type { TestProject } from "vitest/node";
import { administer, POSTGIS_TEMPLATE, startPostgresCluster } from "./postgres-cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgres: { url: string };
  }
}

/** Starts the one PostgreSQL cluster of a test run, with a template database that has PostGIS. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startPostgresCluster();
  await administer(cluster.url, `create database ${POSTGIS_TEMPLATE}`);
  const template = new URL(cluster.url);
  template.pathname = `/${POSTGIS_TEMPLATE}`;
  await administer(template.toString(), "create extension postgis");
  project.provide("postgres", { url: cluster.url });
  return () => cluster.stop();
}
