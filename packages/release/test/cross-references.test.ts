import { describe, expect, it } from "vitest";
import {
  APPSETTINGS,
  bundleOf,
  cities,
  compiled,
  configuration,
  DATASOURCES,
  METADATA,
  postgres,
  problemsOf,
} from "./sample-bundle.ts";

describe("cross references", () => {
  it("name the datasources there are, and the one that is meant", () => {
    const other = { ...postgres, id: "archive" };
    const [problem, ...more] = problemsOf(
      configuration(
        [cities, { ...cities, id: "roads", datasource: "postgres-prd" }],
        [postgres, other],
      ),
    );
    expect(more).toEqual([]);
    expect(problem).toMatchObject({
      code: "missing-datasource",
      message:
        'layer "roads" reads from the datasource "postgres-prd", which does not exist; the known ones are "postgres-prod", "archive"; did you mean "postgres-prod"?',
      pointer: "/services/0/layers/1/datasource",
      line: expect.any(Number),
    });
  });

  it("are right when the datasource is there with a mistake of its own", () => {
    const problems = problemsOf(configuration([cities], [{ ...postgres, type: 5 }]));
    expect(problems.map(({ code }) => code)).toEqual(["wrong-type"]);
  });

  it("refuse a layer id that is used twice, also in another service", () => {
    const problems = problemsOf(
      bundleOf({
        [METADATA]: {
          services: [
            { id: "a", layers: [cities] },
            { id: "b", layers: [cities] },
          ],
        },
        [DATASOURCES]: { datasources: [postgres] },
      }),
    );
    expect(problems).toMatchObject([{ code: "duplicate-id", pointer: "/services/1/layers/0/id" }]);
    expect(problems[0]?.message).toMatch(/^layer id "cities" is used twice, first in line \d+/);
  });

  it("refuse service and datasource ids that are used twice", () => {
    const problems = problemsOf(
      bundleOf({
        [METADATA]: { services: [{ id: "a" }, { id: "a" }] },
        [DATASOURCES]: { datasources: [postgres, postgres] },
      }),
    );
    expect(problems).toMatchObject([
      { code: "duplicate-id", file: METADATA, pointer: "/services/1/id" },
      { code: "duplicate-id", file: DATASOURCES, pointer: "/datasources/1/id" },
    ]);
  });

  it("refuse a property that is there twice", () => {
    const properties = [
      { name: "a", type: "string" },
      { name: "a", type: "integer" },
    ];
    expect(problemsOf(configuration([{ ...cities, properties }]))).toMatchObject([
      { code: "duplicate-property", pointer: "/services/0/layers/0/properties/1/name" },
    ]);
  });

  it.each([
    [{ defaultLimit: 20, maxLimit: 10 }, {}],
    [{ defaultLimit: 20 }, { maxLimit: 15 }],
  ])("refuse the limits %j under %j", (limits, settings) => {
    const files = { [APPSETTINGS]: settings };
    const bundle = configuration([{ ...cities, ...limits }], [postgres], files);
    expect(problemsOf(bundle)).toMatchObject([
      { code: "limit-order", pointer: "/services/0/layers/0/defaultLimit" },
    ]);
  });

  it("refuse tiles that end before they begin", () => {
    const bundle = configuration([{ ...cities, minZoom: 9, maxZoom: 8 }]);
    expect(problemsOf(bundle)).toMatchObject([
      { code: "zoom-order", pointer: "/services/0/layers/0/minZoom" },
    ]);
  });

  it("accept zooms and coordinate reference systems as they may be written", () => {
    const tiled = { ...cities, minZoom: 0, maxZoom: 8, crs: [25830, "EPSG:25830", "EPSG:2056"] };
    const [layer] = compiled(configuration([tiled])).release?.services[0]?.layers ?? [];
    expect(layer).toMatchObject({
      minZoom: 0,
      maxZoom: 8,
      crs: [25830, 2056].map((code) => `http://www.opengis.net/def/crs/EPSG/0/${code}`),
    });
  });

  it("warn of a datasource that no layer reads, disabled ones included", () => {
    const unused = { ...postgres, id: "unused" };
    expect(compiled(configuration([cities], [postgres, unused])).warnings).toMatchObject([
      { code: "unused-datasource", file: DATASOURCES, pointer: "/datasources/1" },
    ]);
    const disabled = { ...cities, id: "off", enabled: false, datasource: "unused" };
    expect(compiled(configuration([cities, disabled], [postgres, unused])).warnings).toEqual([]);
  });
});
