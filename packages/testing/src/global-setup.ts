import type { TestProject } from "vitest/node";
import { administer, POSTGIS_TEMPLATE, startPostgresCluster } from "./postgres-cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgres: { url: string };
  }
}

/**
 * Starts the PostgreSQL cluster of a test run, with a template database that has PostGIS.
 *
 * Vitest calls this function once per project, one after the other. The first call provides the
 * cluster to all projects; later calls do nothing.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  if ("postgres" in project.getProvidedContext()) return;
  const cluster = await startPostgresCluster();
  await administer(cluster.url, `create database ${POSTGIS_TEMPLATE}`);
  const template = new URL(cluster.url);
  template.pathname = `/${POSTGIS_TEMPLATE}`;
  await administer(template.toString(), "create extension postgis");
  project.vitest.getRootProject().provide("postgres", { url: cluster.url });
  return () => cluster.stop();
}
