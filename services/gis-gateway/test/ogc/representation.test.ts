import { describe, expect, it } from "vitest";
import { representationOf } from "../../src/ogc/representation.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
const asked = (accept: string | undefined, url = "/collections") =>
  representationOf({ url, headers: accept === undefined ? {} : { accept } });

describe("the representation of a response", () => {
  it.each([
    [undefined, "json"],
    ["*/*", "json"],
    ["", "json"],
    ["application/json", "json"],
    ["application/geo+json, text/html;q=0.9", "json"],
    ["text/html, application/json", "json"],
    ["application/vnd.oai.openapi+json;version=3.0, text/html;q=0.5", "json"],
    ["text/html;q=0", "json"],
    ["image/png", "json"],
    ["text/html;q=abc, */*;q=0.1", "json"],
    [BROWSER, "html"],
    ["text/html", "html"],
    ["TEXT/HTML ; Q=0.3, application/json;q=0.2", "html"],
    ["text/*", "html"],
    ["application/json;q=0.4, text/html;q=0.5", "html"],
    ["text/html, */*;q=0.9", "html"],
  ])("for Accept %j is %s", (accept, representation) => {
    expect(asked(accept)).toBe(representation);
  });

  it("is selected by f, regardless of Accept", () => {
    expect(asked(BROWSER, "/items?limit=1&f=json")).toBe("json");
    expect(asked(BROWSER, "/items?f=geojson")).toBe("json");
    expect(asked("application/json", "/items?f=html")).toBe("html");
  });
});
