import type {
  CommitInfo,
  Layer,
  Plan,
  PlanChange,
  Release,
  ReleaseService,
} from "@honua/contracts";
import {
  canonicalJson,
  DEFAULT_POLICY,
  type PlanFacts,
  type PlanInput,
  planRelease,
  sha256Hex,
} from "../src/index.ts";

/** A layer of a release with the changes that a test is about. */
export function layer(changes: Partial<Layer> = {}): Layer {
  return {
    id: "cities",
    pointer: "/services/0/layers/0",
    title: "World Cities",
    keywords: [],
    datasource: "postgres-prod",
    table: { schema: "public", name: "cities" },
    geometryColumn: "geom",
    geometryType: "Point",
    srid: 4326,
    properties: [
      { name: "name", type: "string", nullable: true },
      { name: "population", type: "integer", nullable: true },
    ],
    ...changes,
  };
}

/** A service of a release with some layers; pointers follow from the positions in `release`. */
export function service(layers: Layer[], changes: Partial<ReleaseService> = {}): ReleaseService {
  return { id: "gis", pointer: "/services/0", title: "GIS", keywords: [], layers, ...changes };
}

/** A release with the changes that a test is about. */
export function release(changes: Partial<Release> = {}): Release {
  return {
    apiVersion: "honua.io/v1",
    kind: "Release",
    environment: "production",
    settings: { defaultLimit: 10, maxLimit: 10_000 },
    datasources: [
      {
        id: "postgres-prod",
        pointer: "/datasources/0",
        type: "PostgreSQL",
        connectionString: "${DB}",
        readOnly: true,
      },
    ],
    services: [service([layer()])],
    ...changes,
  };
}

const committed = (commit: string, value: Release) => ({
  commit: commit.repeat(40),
  release: value,
  digest: sha256Hex(canonicalJson(value)),
});

/** The plan from one release to another under the default policy, or with other input. */
export function planOf(
  live: Release | null,
  candidate: Release,
  others: Partial<PlanInput> = {},
): Plan {
  return planRelease({
    environment: "production",
    live: live && committed("d", live),
    candidate: committed("a", candidate),
    policyFloor: DEFAULT_POLICY,
    estimatedDurationSeconds: 15,
    ...others,
  });
}

/** The commit that a plan is made for. */
export const commit: CommitInfo = {
  id: "a".repeat(40),
  repository: "https://example.com/config.git",
  branch: "main",
  author: { name: "Ana", email: "ana@example.com" },
  committer: { name: "Git host", email: "noreply@example.com" },
  message: "feat: Roads",
  committedAt: "2026-06-05T10:00:00+02:00",
};

/** A change of a datasource, or the one that a test is about. */
export function change(changes: Partial<PlanChange> = {}): PlanChange {
  return {
    action: "modified",
    type: "datasource",
    id: "postgres-prod",
    path: "/datasources/0",
    file: "environments/production/datasources.json",
    before: { pool: { max: 5 } },
    after: { pool: { max: 10 } },
    risk: "High",
    breaking: false,
    reason: "pool changed",
    ...changes,
  };
}

/** What a policy judges: a plan without changes, or the one that a test is about. */
export function factsOf(changes: Partial<PlanFacts["plan"]> = {}): PlanFacts {
  return {
    plan: {
      environment: "production",
      fromCommit: null,
      toCommit: commit.id,
      riskLevel: "Low",
      hasBreakingChanges: false,
      changes: [],
      unavailable: [],
      estimatedDurationSeconds: null,
      ...changes,
    },
    commit,
  };
}
