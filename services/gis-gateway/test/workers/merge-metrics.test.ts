import { expect, it } from "vitest";
import { mergeMetrics } from "../../src/workers/merge-metrics.ts";

const ONE = `# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_instance_id="g-1"} 1
# HELP requests_total Requests
# TYPE requests_total counter
requests_total 3
requests_total{route="/a b{c}"} 4 1700000000000
`;

it("labels every series with its worker, and describes each metric once", () => {
  const two = ONE.replace("g-1", "g-2").replace("_total 3", "_total 5");
  const merged = mergeMetrics([
    { worker: 1, text: ONE },
    { worker: 2, text: two },
  ]);
  expect(merged.split("\n")).toEqual([
    "# HELP target_info Target metadata",
    "# TYPE target_info gauge",
    'target_info{worker="1",service_instance_id="g-1"} 1',
    'target_info{worker="2",service_instance_id="g-2"} 1',
    "# HELP requests_total Requests",
    "# TYPE requests_total counter",
    'requests_total{worker="1"} 3',
    'requests_total{worker="1",route="/a b{c}"} 4 1700000000000',
    'requests_total{worker="2"} 5',
    'requests_total{worker="2",route="/a b{c}"} 4 1700000000000',
    "",
  ]);
});

it("keeps a metric of only one worker", () => {
  const text = "# HELP rare Rare\n# TYPE rare gauge\nrare 1\n";
  expect(mergeMetrics([{ worker: 2, text }])).toContain('rare{worker="2"} 1');
});
