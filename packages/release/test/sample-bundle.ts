import type { Bundle, Problem } from "@honua/contracts";
import { type CompileResult, compileBundle } from "../src/index.ts";

export const METADATA = "environments/production/metadata.json";
export const DATASOURCES = "environments/production/datasources.json";
export const APPSETTINGS = "environments/production/appsettings.json";
export const SHARED = "environments/common/shared-config.json";
export const POLICY = ".gitops/deployment-policy.yaml";

type Json = Record<string, unknown>;

/** A bundle of `production`. Values other than strings are serialized as JSON. */
export function bundleOf(files: Record<string, unknown>): Bundle {
  return {
    environment: "production",
    files: Object.entries(files)
      .filter(([, content]) => content !== undefined)
      .map(([path, content]) => ({
        path,
        content: typeof content === "string" ? content : JSON.stringify(content, null, 2),
      })),
  };
}

export const cities: Json = {
  id: "cities",
  title: "World Cities",
  description: "Major cities worldwide",
  datasource: "postgres-prod",
  table: "public.cities",
  geometryColumn: "geom",
  geometryType: "Point",
  srid: 4326,
  properties: [
    { name: "name", type: "string" },
    { name: "population", type: "integer" },
    { name: "country", type: "string" },
  ],
};

export const postgres: Json = {
  id: "postgres-prod",
  type: "PostgreSQL",
  connectionString: "${DB_CONNECTION_STRING}",
  description: "Production PostgreSQL database",
};

export const service: Json = {
  id: "gis-service",
  title: "Production GIS Service",
  description: "Production geospatial data services",
};

/** The configuration of the runbook with some layers and datasources in place of its own. */
export function configuration(
  layers: unknown[] = [cities],
  datasources: unknown[] = [postgres],
  others: Record<string, unknown> = {},
): Bundle {
  return bundleOf({
    [METADATA]: { services: [{ ...service, layers }] },
    [DATASOURCES]: { datasources },
    ...others,
  });
}

/** The result of compiling a bundle that has to be right. */
export function compiled(bundle: Bundle): Extract<CompileResult, { ok: true }> {
  const result = compileBundle(bundle);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join("\n"));
  return result;
}

/** The problems of compiling a bundle that has to be wrong. */
export function problemsOf(bundle: Bundle): Problem[] {
  const result = compileBundle(bundle);
  if (result.ok) throw new Error("the bundle compiles");
  return result.problems;
}
