import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";

interface Description {
  paths: Record<string, Record<string, { responses: Record<string, { content: object }> }>>;
}

/** A response of a service. */
export interface HttpAnswer {
  method: string;
  path: string;
  status: number;
  contentType: string;
  text: string;
}

export interface OpenapiContract {
  /** Status codes seen for each operation. */
  readonly seen: ReadonlyMap<string, ReadonlySet<number>>;
  /** @throws Error if the document does not describe this response */
  check(answer: HttpAnswer): void;
}

/** Sends a request and checks the response against the document. */
export async function askDescribed(
  contract: OpenapiContract,
  root: string,
  path: string,
  init: RequestInit & { method?: string } = {},
): Promise<{ status: number; type: string; answer: Record<string, unknown> }> {
  const response = await fetch(root + path, init);
  const text = await response.text();
  const contentType = response.headers.get("content-type") ?? "";
  const { status } = response;
  contract.check({ method: init.method ?? "GET", path, status, contentType, text });
  return { status, type: contentType, answer: JSON.parse(text) };
}

/** Checks real responses against the OpenAPI document of the service. */
export function createOpenapiContract(document: object): OpenapiContract {
  const { paths } = document as Description;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, "document");
  const validators = new Map<string, ValidateFunction>();
  const validatorOf = (pointer: string) => {
    const known = validators.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` });
    validators.set(pointer, known);
    return known;
  };
  const seen = new Map<string, Set<number>>();

  return {
    seen,
    check({ method, path, status, contentType, text }) {
      const template = templateOf(Object.keys(paths), path.split("?", 1)[0] ?? "");
      const verb = method.toLowerCase();
      const operation = template === undefined ? undefined : paths[template]?.[verb];
      const name = `${method} ${template ?? path}`;
      // A path or method without a route is not an operation.
      if (!operation && status === 404) return;
      if (!operation) throw new Error(`${name} is not described`);
      const response = operation.responses[status];
      if (!response) throw new Error(`${name} returned ${status}, which is not described: ${text}`);
      const type = contentType.split(";", 1)[0] ?? "";
      if (!(type in response.content)) throw new Error(`${name} ${status} is of type ${type}`);
      seen.set(name, (seen.get(name) ?? new Set()).add(status));
      if (!type.endsWith("json")) return;
      const escaped = [template ?? "", type].map(escapePointer);
      const validate = validatorOf(
        `/paths/${escaped[0]}/${verb}/responses/${status}/content/${escaped[1]}/schema`,
      );
      if (!validate(JSON.parse(text))) {
        throw new Error(`${name} ${status}: ${ajv.errorsText(validate.errors)}`);
      }
    },
  };
}

/** Every route that `register` adds to an application, as `GET /path/{parameter}`. */
export function routesOf<Application>(register: (app: Application) => void): string[] {
  const found: string[] = [];
  const note = (method: string, path: string) =>
    found.push(`${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const app = {
    get: (path: string) => note("get", path),
    post: (path: string) => note("post", path),
    use(prefix: string, ...routers: { stack: RouterLayer[] }[]) {
      for (const { route, handle } of routers.flatMap(({ stack }) => stack)) {
        if ("stack" in handle)
          throw new Error(`The router below ${prefix} contains another router.`);
        // Skip middleware, which has no route.
        if (!route) continue;
        for (const method of Object.keys(route.methods)) note(method, prefix + route.path);
      }
    },
  };
  register(app as Application);
  return found.sort();
}

interface RouterLayer {
  handle: object;
  route?: { path: string; methods: Record<string, boolean> };
}

/** Every operation of a document, as `GET /path/{parameter}`. */
export function operationsOf(document: object): string[] {
  return Object.entries((document as Description).paths)
    .flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== "parameters")
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    .sort();
}

/** The path template that matches a request path; templates without parameters come first. */
function templateOf(templates: string[], path: string): string | undefined {
  if (templates.includes(path)) return path;
  return templates.find((template) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
  );
}

function escapePointer(text: string): string {
  return encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
}
