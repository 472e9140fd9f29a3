import type { Bundle } from "@honua/contracts";
import { type CommittedRelease, compileBundle, DEFAULT_POLICY, planRelease } from "@honua/release";
import { percentile, summarise } from "./statistics.ts";

/**
 * Measures a plan of 10 000 layers against 10 000 in three cases: nothing changed, one property of each
 * layer changed, every layer replaced. The floor of the same run is to parse and write the JSON of both
 * releases once, which any comparison needs at least.
 *
 *   node bench/plan.ts [layers]
 */
const layers = Number(process.argv[2] ?? 10_000);
const RUNS = 15;

const before = releaseOf("a", (number) => `layer-${number}`, "World");
const plans: [string, CommittedRelease][] = [
  ["nothing changed", releaseOf("b", (number) => `layer-${number}`, "World")],
  ["every layer changed", releaseOf("b", (number) => `layer-${number}`, "Another world")],
  ["every layer replaced", releaseOf("b", (number) => `other-${number}`, "World")],
];

const floor = timed(() => {
  for (const { release } of [before, plans[1]?.[1] ?? before]) {
    JSON.stringify(JSON.parse(JSON.stringify(release)));
  }
});
print("floor: JSON of both releases", floor);
for (const [name, after] of plans) {
  let changes = 0;
  const samples = timed(() => {
    changes = planOf(after);
  });
  const ratio = (percentile(samples, 0.5) / percentile(floor, 0.5)).toFixed(1);
  print(`${name} (${changes} changes)`, samples, `ratio ${ratio}`);
}

function planOf(after: CommittedRelease): number {
  return planRelease({
    environment: "production",
    live: before,
    candidate: after,
    policyFloor: DEFAULT_POLICY,
    estimatedDurationSeconds: null,
  }).changes.length;
}

function releaseOf(
  commit: string,
  idOf: (number: number) => string,
  title: string,
): CommittedRelease {
  const metadata = {
    services: [
      {
        id: "gis",
        layers: Array.from({ length: layers }, (_, number) => layer(idOf(number), number, title)),
      },
    ],
  };
  const datasources = {
    datasources: [{ id: "postgres", type: "PostgreSQL", connectionString: "${DATABASE}" }],
  };
  const bundle: Bundle = {
    environment: "production",
    files: [
      { path: "environments/production/metadata.json", content: JSON.stringify(metadata) },
      { path: "environments/production/datasources.json", content: JSON.stringify(datasources) },
    ],
  };
  const compiled = compileBundle(bundle);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems[0]));
  return { commit: commit.repeat(40), release: compiled.release, digest: compiled.digest };
}

function layer(id: string, number: number, title: string) {
  return {
    id,
    title: `${title} ${number}`,
    description: "Places, as the land registry has them",
    keywords: ["places", "registry"],
    datasource: "postgres",
    table: `gis.table_${number}`,
    geometryColumn: "geom",
    geometryType: "MultiPolygon",
    srid: 4326,
    properties: [
      { name: "name", type: "string", title: "Name" },
      { name: "population", type: "integer", description: "Inhabitants" },
      { name: "area", type: "number", unit: "m2" },
      { name: "surveyed", type: "date" },
    ],
  };
}

function timed(work: () => void): number[] {
  const samples: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const started = performance.now();
    work();
    // V8 compiles the code in the first run.
    if (run > 0) samples.push(performance.now() - started);
  }
  return samples;
}

function print(name: string, samples: readonly number[], note = ""): void {
  process.stdout.write(`${name.padEnd(40)} ${summarise(samples)}   ${note}\n`);
}
