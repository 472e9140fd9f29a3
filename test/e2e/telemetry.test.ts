import { readFile } from "node:fs/promises";
import { eventually } from "@honua/testing/eventually";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { metricsOf } from "@honua/testing/prom-ql";
import { startTraceReceiver } from "@honua/testing/trace-receiver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { addLayer, METADATA, placesLayer } from "./sample-layer.ts";

let stack: LocalStack;
let receiver: Awaited<ReturnType<typeof startTraceReceiver>>;
beforeAll(async () => {
  receiver = await startTraceReceiver();
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "200",
  });
  stack = await startLocalStack();
}, 180_000);
afterAll(async () => {
  await stack?.remove();
  receiver?.stop();
});

const SERVICES = ["watcher", "state", "reconciler", "gis-gateway"].map((name) => `honua-${name}`);
const SPANS = [
  "hand over commit",
  "serve state.open-deployment",
  "step Validating",
  "step Planning",
  "step Applying",
  "serve gateway.prepare",
  "step PostValidating",
];

describe("the trace of a commit", () => {
  it("spans all services from the hand-over to the verification of the gateway", async () => {
    await stack.edit(METADATA, addLayer(placesLayer("towns")));
    await stack.deploymentOf(await stack.push("feat: Towns"), "Completed");
    const verified = await eventually("the last span of the gateway", () =>
      receiver.spans.find(
        ({ service, name }) =>
          service === "honua-gis-gateway" && name === "GET /ogc/collections/towns/items",
      ),
    );
    const trace = await eventually("the spans of all services", () => {
      const found = receiver.spans.filter(({ traceId }) => traceId === verified.traceId);
      const services = new Set(found.map(({ service }) => service));
      const names = new Set(found.map(({ name }) => name));
      const isComplete =
        SERVICES.every((one) => services.has(one)) && SPANS.every((one) => names.has(one));
      return isComplete ? found : undefined;
    });
    const roots = trace.filter(({ parentSpanId }) => !parentSpanId);
    expect(roots.map(({ name }) => name)).toEqual(["hand over commit"]);
  });
});

describe("the metrics", () => {
  const RUNBOOK = [
    "honua.gitops.reconciliations.total",
    "honua.gitops.reconciliations.success",
    "honua.gitops.reconciliations.failure",
    "honua.gitops.reconciliation.duration",
    "honua.gitops.deployments.pending",
    "honua.gitops.deployments.awaiting_approval",
    "honua.gitops.approval.timeout",
  ];

  it("include those of the runbook and of all alerts and dashboards", async () => {
    const known = await scrapedMetricNames();
    for (const name of RUNBOOK) {
      const prometheus = name.replaceAll(".", "_");
      // Counters get `_total`, histograms `_bucket`, `_count` and `_sum`.
      expect([...known].filter((one) => one.startsWith(prometheus))).not.toEqual([]);
    }
    for (const expression of await queryExpressions()) {
      for (const metric of metricsOf(expression)) expect(known).toContain(metric);
    }
  });

  it("have all alerts of the runbook", async () => {
    const alerts = (await alertRules()).map(({ alert }) => alert);
    expect(alerts).toEqual(
      expect.arrayContaining([
        "GitOpsReconciliationFailed",
        "GitOpsReconciliationStalled",
        "GitOpsReconciliationSlow",
        "GitOpsDeploymentPending",
        "GitOpsApprovalTimeout",
      ]),
    );
    for (const { labels, annotations } of await alertRules()) {
      expect(["critical", "warning"]).toContain(labels.severity);
      expect(annotations.summary).toBeTruthy();
    }
  });

  it("are scraped from the services of the compose file", async () => {
    const text = await readFile(new URL("prometheus/prometheus.yml", DEPLOY), "utf8");
    const { scrape_configs: jobs } = parse(text) as { scrape_configs: Job[] };
    const targets = jobs.flatMap((job) => job.static_configs.flatMap((one) => one.targets));
    expect(targets.sort()).toEqual([
      "approvals:5001",
      "gis-gateway:5005",
      "reconciler:5004",
      "state:5002",
      "watcher:5003",
    ]);
  });
});

const DEPLOY = new URL("../../deploy/", import.meta.url);

interface Job {
  static_configs: { targets: string[] }[];
}
interface AlertRule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

/** The names of all exported metrics, including the parts of histograms. */
async function scrapedMetricNames(): Promise<Set<string>> {
  const { urls } = await stack.description();
  const texts = await Promise.all(
    Object.values(urls).map(async (url) => (await fetch(`${url}/metrics`)).text()),
  );
  const names = texts.flatMap((text) =>
    [...text.matchAll(/^([a-z_]+)(?:\{|\s)/gm)].map(([, name]) => name ?? ""),
  );
  // Prometheus itself adds this one.
  return new Set([...names, "up"]);
}

async function alertRules(): Promise<AlertRule[]> {
  const text = await readFile(new URL("prometheus/rules.yml", DEPLOY), "utf8");
  return (parse(text) as { groups: { rules: AlertRule[] }[] }).groups.flatMap(({ rules }) => rules);
}

async function queryExpressions(): Promise<string[]> {
  const text = await readFile(new URL("grafana/honua-gitops.json", DEPLOY), "utf8");
  const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
  const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  return [...(await alertRules()).map(({ expr }) => expr), ...shown];
}
