import { createLog, createTokenVerifier } from "@honua/service-kit";
import { operationsOf, routesOf } from "@honua/testing/openapi-contract";
import { expect, test } from "vitest";
import { openapiDocument } from "../../src/http/openapi.ts";
import { stateRoutes } from "../../src/http/state-routes.ts";
import { stateSettings } from "../../src/settings.ts";

/** Routes that every service has. */
const COMMON_ROUTES = ["GET /health/live", "GET /health/ready", "GET /metrics"];

test("describes exactly the existing routes", () => {
  const unused = () => {
    throw new Error("no route is called here");
  };
  const served = routesOf(
    stateRoutes({
      database: unused,
      bus: unused,
      changeEnvironment: unused,
      recordAttempt: unused,
      feed: { wake: unused, head: unused, waitBeyond: unused, stop: unused },
      events: stateSettings.parse({ DATABASE_URL: "postgres://x" }).GitOps.Events,
      stopping: new AbortController().signal,
      tokens: createTokenVerifier({ Tokens: [] }),
      log: createLog({ service: "test", instance: "test", level: "silent" }),
    }),
  );
  expect([...served, ...COMMON_ROUTES].sort()).toEqual(operationsOf(openapiDocument()));
});

test("requires a body if an empty one would be refused", () => {
  const { paths } = openapiDocument() as {
    paths: Record<string, { post?: { requestBody?: { required: boolean } } }>;
  };
  const isRequired = (verb: string) =>
    paths[`/api/gitops/environments/{environment}/${verb}`]?.post?.requestBody?.required;
  expect(["pause", "resume", "sync"].map(isRequired)).toEqual([true, false, false]);
});

test("has a unique id for each operation and a schema for each response", () => {
  const document = openapiDocument() as {
    paths: Record<string, Record<string, { operationId: string; responses: object }>>;
    components: { schemas: Record<string, object> };
  };
  const operations = Object.values(document.paths).flatMap(({ parameters: _, ...methods }) =>
    Object.values(methods),
  );
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const named = JSON.stringify(document.paths).matchAll(/#\/components\/schemas\/(\w+)/g);
  for (const [, name = ""] of named)
    expect(Object.keys(document.components.schemas)).toContain(name);
});
