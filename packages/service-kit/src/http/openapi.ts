import { problemDetails, readiness } from "@honua/contracts";
import { z } from "zod";

/** One operation of an HTTP API. Its schemas are the ones that validate requests and responses. */
export interface ApiOperation {
  /** The `operationId`, which generated clients use as function name. */
  id: string;
  summary: string;
  /** Name of the response schema in `ApiDescription.schemas`. */
  response: string;
  status?: number;
  mediaType?: "application/json" | "application/x-ndjson" | "text/event-stream" | "text/plain";
  query?: z.ZodObject;
  headers?: Record<string, string>;
  body?: z.ZodType;
  /** Problem statuses in addition to the ones that every operation of this kind can return. */
  problems?: number[];
  /** Statuses besides `status` that have the same body. */
  alsoStatuses?: number[];
  /** Requires no token. */
  isPublic?: boolean;
}

export interface ApiDescription {
  title: string;
  version: string;
  schemas: Record<string, z.ZodType>;
  /** Schemas of path parameters by name. Other path parameters are strings. */
  parameters?: Record<string, z.ZodType>;
  /** Operations by path and method. */
  operations: Record<string, Partial<Record<"get" | "post", ApiOperation>>>;
}

const PROBLEM_TITLES: Record<number, string> = {
  400: "The request is invalid",
  401: "The token is missing or not accepted",
  403: "The token does not have the required role",
  404: "The resource does not exist",
  409: "The request conflicts with the current state",
  410: "The events have expired",
  413: "The body is too large",
  415: "The charset or encoding of the body is not supported",
  422: "The request cannot be fulfilled in any state",
  429: "Too many concurrent requests",
  500: "Internal error",
  503: "Temporarily unavailable",
};

/** Operations that every service has. */
const COMMON_OPERATIONS: ApiDescription["operations"] = {
  "/api/openapi.json": {
    get: {
      id: "getDescription",
      summary: "Returns this document.",
      response: "document",
      isPublic: true,
    },
  },
  "/health/live": {
    get: {
      id: "getLiveness",
      summary: "Returns 200 while the process runs.",
      response: "liveness",
      isPublic: true,
    },
  },
  "/health/ready": {
    get: {
      id: "getReadiness",
      summary: "Returns whether the process is ready, with the result of each check.",
      response: "readiness",
      alsoStatuses: [503],
      isPublic: true,
    },
  },
  "/metrics": {
    get: {
      id: "getMetrics",
      summary: "Returns metrics in the Prometheus text format.",
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

/** Builds the OpenAPI 3.1 document of an HTTP API. */
export function describeApi(description: ApiDescription): object {
  const { title, version, schemas, operations } = description;
  const paths = Object.entries({ ...operations, ...COMMON_OPERATIONS }).map(([path, methods]) => {
    const methodEntries = Object.entries(methods).map(([method, operation]) => [
      method,
      operationObject(operation),
    ]);
    const parameters = pathParameters(path, description.parameters);
    const all =
      parameters.length > 0 ? [["parameters", parameters], ...methodEntries] : methodEntries;
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
  const success = content(operation.mediaType ?? "application/json", response);
  const responses: Record<number, object> = {
    [status]: { description: "Success", content: success },
  };
  for (const other of alsoStatuses)
    responses[other] = { description: "Unhealthy", content: success };
  for (const problem of problemsOf(operation)) {
    responses[problem] = {
      description: PROBLEM_TITLES[problem] ?? "Error",
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

/** A missing body is parsed as an empty object, so the body is optional if `{}` is valid. */
function requestBody(body: z.ZodType): object {
  return {
    required: !body.safeParse({}).success,
    content: { "application/json": { schema: schemaOf(body, "input") } },
  };
}

function problemsOf({ problems = [], body, isPublic, alsoStatuses = [] }: ApiOperation): number[] {
  const common = [
    // Every request can have an invalid host or URL.
    400,
    ...(isPublic ? [] : [401, 403, 503]),
    ...(body ? [413, 415] : []),
    500,
  ];
  return [...new Set([...problems, ...common])].filter((status) => !alsoStatuses.includes(status));
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

/** Converts a schema to JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
function schemaOf(schema: z.ZodType, io: "input" | "output") {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
