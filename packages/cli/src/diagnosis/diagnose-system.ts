import { gitopsHealth, readiness, sourceStatuses } from "@honua/contracts";
import type { z } from "zod";
import { SERVICE_URL_VARIABLES, type Services, serviceName } from "./find-services.ts";

const CHECK_TIMEOUT_MS = 5_000;
/** A public port returns no checks, because their reasons contain host and table names. */
const publicReadiness = readiness.partial({ checks: true });

/** Result of one check. */
export interface Finding {
  what: string;
  status: "Healthy" | "Degraded" | "Unhealthy";
  detail: string;
}

/** Checks the readiness, Git sources, GitOps health and token of a system. */
export async function diagnoseSystem({ urls, token, logHint }: Services): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [key, url] of Object.entries(urls)) {
    findings.push(...(await checkReadiness(serviceName(key), url, logHint(key))));
  }
  if (urls.watcher) findings.push(...(await checkSources(urls.watcher)));
  if (urls.state) findings.push(...(await checkGitopsHealth(urls.state)));
  if (token) findings.push(...(await checkToken(urls, token)));
  return findings;
}

async function checkReadiness(service: string, url: string, logHint: string): Promise<Finding[]> {
  const body = await fetchJson(`${url}/health/ready`, publicReadiness);
  if (!body) {
    return [{ what: service, status: "Unhealthy", detail: `${url} does not answer; ${logHint}` }];
  }
  if (!body.checks) {
    const detail =
      body.status === "Healthy"
        ? ""
        : `not ready; the operations port has the reason (${SERVICE_URL_VARIABLES.operations})`;
    return [{ what: service, status: body.status, detail }];
  }
  return Object.entries(body.checks).map(([check, { status, reason }]) => ({
    what: `${service}: ${check}`,
    status,
    detail: reason ?? "",
  }));
}

/** A watcher is ready once it has read a source, even if it can no longer read it now. */
async function checkSources(watcherUrl: string): Promise<Finding[]> {
  const body = await fetchJson(`${watcherUrl}/health/sources`, sourceStatuses);
  if (!body) return [];
  return body.sources.map(({ environment, status, reason, code }) => ({
    what: `watching: ${environment}`,
    status: status === "Healthy" ? "Healthy" : "Unhealthy",
    detail: reason === null ? "" : `${reason}${code === null ? "" : ` (${code})`}`,
  }));
}

async function checkGitopsHealth(stateUrl: string): Promise<Finding[]> {
  const body = await fetchJson(`${stateUrl}/health/gitops`, gitopsHealth);
  if (!body) return [];
  const { components, reasons = {} } = body;
  return Object.entries(components).map(([name, health]) => ({
    what: `gitops: ${name}`,
    status: health === "Healthy" || health === "Degraded" ? health : "Unhealthy",
    detail: healthDetail(health, reasons[name]),
  }));
}

/** Checks that the services accept the token. Unreachable services have their own finding. */
async function checkToken(urls: Record<string, string>, token: string): Promise<Finding[]> {
  const requests = [
    ["state", `${urls.state}/api/gitops/environments`],
    ["approvals", `${urls.approvals}/api/gitops/approvals/pending`],
  ] as const;
  const findings = requests
    .filter(([service]) => urls[service] !== undefined)
    .map(async ([service, url]): Promise<Finding[]> => {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
      }).catch(() => undefined);
      if (!response) return [];
      const refused = response.status === 401 || response.status === 403;
      const detail = refused
        ? `${service} refuses the token; compare HONUA_TOKEN or HONUA_TOKEN_FILE with GitOps:Tokens of ${service}`
        : "";
      return [{ what: `token: ${service}`, status: refused ? "Unhealthy" : "Healthy", detail }];
    });
  return (await Promise.all(findings)).flat();
}

/** Prefixes the reason with the health if the status column has no value for it. */
function healthDetail(health: string, reason: string | undefined): string {
  const isShown = ["Healthy", "Degraded", "Unhealthy"].includes(health);
  return [...(isShown ? [] : [health]), ...(reason ? [reason] : [])].join(": ");
}

/** Returns undefined if the service cannot be reached or the body does not match the schema. */
async function fetchJson<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) });
    return schema.parse(await response.json());
  } catch {
    return undefined;
  }
}
