import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { administer, POSTGIS_TEMPLATE } from "./postgres-cluster.ts";

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A new database with PostGIS, cloned from the template in the shared cluster of the test run. */
export async function createDatabase(): Promise<TestDatabase> {
  const { url: admin } = inject("postgres");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await administer(admin, `create database ${name} template ${POSTGIS_TEMPLATE}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    drop: () => administer(admin, `drop database if exists ${name} with (force)`),
  };
}
