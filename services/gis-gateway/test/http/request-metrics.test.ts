import { startTelemetry } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { expect, it } from "vitest";
import { startGateway, temporaryDirectory } from "../support/gateway.ts";

it("records requests by route and status, never by path", async () => {
  const telemetry = await startTelemetry({
    service: "gis-gateway",
    instance: "test",
    environment: {},
  });
  const directory = await temporaryDirectory();
  const gateway = await startGateway({
    directory: directory.path,
    writeMetrics: telemetry.metrics,
  });
  await gateway.get("/ogc/collections/cities/items?limit=1");
  await gateway.get("/secret/path");
  const text = await eventually("the metrics are there", async () => {
    const scraped = await (await gateway.operations.get("/metrics")).text();
    return scraped.includes('http_route="none"') && scraped;
  });
  expect(text).toMatch(
    /http_server_request_duration[a-z_]*_count\{[^}]*http_response_status_code="503"[^}]*http_route="\/ogc\/collections\/:collectionId\/items"[^}]*\} 1/,
  );
  expect(text).not.toContain("secret");
  await gateway.stop();
  await directory.remove();
  await telemetry.stop();
});
