import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiUnderTest } from "./api-under-test.ts";
import type { ConformanceClass } from "./conformance-class.ts";
import { cql2Classes } from "./cql2.ts";
import { coreClasses } from "./features-core.ts";
import { crsClasses } from "./features-crs.ts";
import { encodingClasses } from "./features-encodings.ts";
import { filterClasses } from "./features-filter.ts";
import { schemaClasses } from "./features-schemas.ts";
import { jsonFgClasses } from "./json-fg.ts";
import { tilesClasses } from "./tiles.ts";

/** A running system that serves the sample layers. */
export interface RunningSystem {
  /** URL of the landing page, without a slash at its end. */
  root: string;
  stop(): Promise<void>;
}

const CLASSES: readonly ConformanceClass[] = [
  ...coreClasses,
  ...encodingClasses,
  ...crsClasses,
  ...filterClasses,
  ...cql2Classes,
  ...schemaClasses,
  ...jsonFgClasses,
  ...tilesClasses,
];

/**
 * Runs the tests of every conformance class against one system, and holds it to what it declares:
 * all that is proven, and nothing else.
 *
 * @param options.without beginnings of the classes that the system cannot have, and must not declare
 */
export function proveConformance(options: {
  start: () => Promise<RunningSystem>;
  without?: readonly string[];
}): void {
  const { start, without = [] } = options;
  const api = createApiUnderTest();
  const proven = CLASSES.filter(({ uri }) => !without.some((absent) => uri.startsWith(absent)));
  let system: RunningSystem | undefined;

  beforeAll(async () => {
    system = await start();
    api.root = system.root;
  }, 180_000);
  afterAll(() => system?.stop());

  it("declares the classes that are proven here, and no other", async () => {
    const { conformsTo } = await api.document("/conformance");
    expect([...conformsTo].sort()).toEqual(proven.map(({ uri }) => uri).sort());
  });

  describe.each(proven)("$uri", ({ tests }) => tests(api));
}
