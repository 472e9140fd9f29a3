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
  /** URL of the landing page, without a trailing slash. */
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
 * Runs the tests of every conformance class against a system, which must declare exactly the tested
 * classes.
 *
 * @param options.without URI prefixes of the classes that the system does not support
 */
export function testConformance(options: {
  start: () => Promise<RunningSystem>;
  without?: readonly string[];
}): void {
  const { start, without = [] } = options;
  const api = createApiUnderTest();
  const tested = CLASSES.filter(({ uri }) => !without.some((prefix) => uri.startsWith(prefix)));
  let system: RunningSystem | undefined;

  beforeAll(async () => {
    system = await start();
    api.root = system.root;
  }, 180_000);
  afterAll(() => system?.stop());

  it("declares exactly the tested classes", async () => {
    const { conformsTo } = await api.document("/conformance");
    expect([...conformsTo].sort()).toEqual(tested.map(({ uri }) => uri).sort());
  });

  describe.each(tested)("$uri", ({ tests }) => tests(api));
}
