import { problemDetails, readiness } from "@honua/contracts";
import { z } from "zod";

/** One operation of an HTTP API, in the terms of the schemas that it parses with. */
export interface ApiOperation {
  /** Name of the operation for generated clients. */
  id: string;
  summary: string;
  /** Schema of what it answers with, by name. */
  response: string;
  status?: number;
  mediaType?: "application/json" | "application/x-ndjson" | "text/event-stream" | "text/plain";
  query?: z.ZodObject;
  headers?: Record<string, string>;
  body?: z.ZodType;
  /** Statuses of problems, besides those that every operation of its kind may answer with. */
  problems?: number[];
  /** Statuses besides `status` that come with the same body. */
  alsoStatuses?: number[];
  /** Needs no token. */
  isPublic?: boolean;
}

export interface ApiDescription {
  title: string;
  version: string;
  schemas: Record<string, z.ZodType>;
  /** Schemas of what stands in paths, by name; others are any text. */
  parameters?: Record<string, z.ZodType>;
  /** By path, then by method. */
  operations: Record<string, Partial<Record<"get" | "post", ApiOperation>>>;
}

const PROBLEM_TITLES: Record<number, string> = {
  400: "The request is not understood",
  401: "No token, or one that is not known",
  403: "The token lacks the role",
  404: "There is no such thing",
  409: "Not possible as things stand",
  410: "No longer kept",
  413: "The body is too large",
  415: "The body is in a charset or an encoding that is not read",
  422: "Cannot be done, whatever the state",
  429: "Too many at once",
  500: "Something went wrong here",
  503: "Temporarily unavailable",
};

/** What every service answers, besides its API. */
const COMMON_OPERATIONS: ApiDescription["operations"] = {
  "/api/openapi.json": {
    get: { id: "getDescription", summary: "This document.", response: "document", isPublic: true },
  },
  "/health/live": {
    get: { id: "getLiveness", summary: "The process lives.", response: "liveness", isPublic: true },
  },
  "/health/ready": {
    get: {
      id: "getReadiness",
      summary: "Whether the process can work, and why not.",
      response: "readiness",
      alsoStatuses: [503],
      isPublic: true,
    },
  },
  "/metrics": {
    get: {
      id: "getMetrics",
      summary: "Metrics in the Prometheus text format.",
      response: "metrics",
      mediaType: "text/plain",
      isPublic: true,
    },
  },
};

const COMMON_SCHEMAS = {
  problem: problemDetails,
  readiness,
  liveness: z.object({ status: z.literal("Healthy") }),
  metrics: z.string(),
  document: z.looseObject({ openapi: z.string() }),
};

/** The OpenAPI 3.1 document of an HTTP API. */
export function describeApi(description: ApiDescription): object {
  const { title, version, schemas, operations } = description;
  const paths = Object.entries({ ...operations, ...COMMON_OPERATIONS }).map(([path, ofPath]) => {
    const described = Object.entries(ofPath).map(([method, operation]) => [
      method,
      operationObject(operation),
    ]);
    const parameters = pathParameters(path, description.parameters);
    const all = parameters.length > 0 ? [["parameters", parameters], ...described] : described;
    return [path, Object.fromEntries(all)];
  });
  const all = Object.entries({ ...COMMON_SCHEMAS, ...schemas });
  return {
    openapi: "3.1.0",
    info: { title, version },
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries(all.map(([name, schema]) => [name, schemaOf(schema, "output")])),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function pathParameters(path: string, known: ApiDescription["parameters"] = {}): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: schemaOf(known[name] ?? z.string(), "input"),
  }));
}

function operationObject(operation: ApiOperation): object {
  const {
    id,
    summary,
    status = 200,
    response,
    alsoStatuses = [],
    body,
    isPublic = false,
  } = operation;
  const done = content(operation.mediaType ?? "application/json", response);
  const responses: Record<number, object> = { [status]: { description: "Done", content: done } };
  for (const other of alsoStatuses) responses[other] = { description: "Not well", content: done };
  for (const problem of problemsOf(operation)) {
    responses[problem] = {
      description: PROBLEM_TITLES[problem] ?? "Refused",
      content: content("application/problem+json", "problem"),
    };
  }
  const parameters = [...queryParameters(operation), ...headerParameters(operation)];
  return {
    operationId: id,
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: requestBody(body) } : {}),
    responses,
    ...(isPublic ? {} : { security: [{ token: [] }] }),
  };
}

/** No body stands for an empty object. */
function requestBody(body: z.ZodType): object {
  return {
    required: !body.safeParse({}).success,
    content: { "application/json": { schema: schemaOf(body, "input") } },
  };
}

function problemsOf({ problems = [], body, isPublic, alsoStatuses = [] }: ApiOperation): number[] {
  const ofKind = [
    // Every request may have an invalid host or URL.
    400,
    ...(isPublic ? [] : [401, 403, 503]),
    ...(body ? [413, 415] : []),
    500,
  ];
  return [...new Set([...problems, ...ofKind])].filter((status) => !alsoStatuses.includes(status));
}

function queryParameters({ query }: ApiOperation): object[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemaOf(query, "input");
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as { description?: string };
    return {
      name,
      in: "query",
      required: required.includes(name),
      ...(description ? { description } : {}),
      schema: rest,
    };
  });
}

function headerParameters({ headers = {} }: ApiOperation): object[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
}

function content(type: string, name: string): object {
  return { [type]: { schema: { $ref: `#/components/schemas/${name}` } } };
}

/** JSON Schema 2020-12, which OpenAPI 3.1 uses as it is. */
function schemaOf(schema: z.ZodType, io: "input" | "output") {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
