import { acceptTokens, createLog } from "@honua/service-kit";
import { operationsOf, routesOf } from "@honua/testing/openapi-contract";
import { expect, test } from "vitest";
import { openapiDocument } from "../../src/http/openapi.ts";
import { stateRoutes } from "../../src/http/state-routes.ts";
import { stateSettings } from "../../src/settings.ts";

/** What the HTTP server of every service answers by itself. */
const BY_THE_SERVER = ["GET /health/live", "GET /health/ready", "GET /metrics"];

test("the document describes every route, and no other", () => {
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
      tokens: acceptTokens({ Tokens: [] }),
      log: createLog({ service: "test", instance: "test", level: "silent" }),
    }),
  );
  expect([...served, ...BY_THE_SERVER].sort()).toEqual(operationsOf(openapiDocument()));
});

test("a body is required where an empty one would be refused", () => {
  const { paths } = openapiDocument() as {
    paths: Record<string, { post?: { requestBody?: { required: boolean } } }>;
  };
  const isRequired = (verb: string) =>
    paths[`/api/gitops/environments/{environment}/${verb}`]?.post?.requestBody?.required;
  expect(["pause", "resume", "sync"].map(isRequired)).toEqual([true, false, false]);
});

test("each operation has a name of its own, and each answer a schema", () => {
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
