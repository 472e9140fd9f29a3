import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseJsonText, parseText, toJson, toText } from "../src/index.ts";

/** The examples that OGC publishes with the standard. They are not part of this repository. */
const folder =
  process.env.HONUA_CQL2_EXAMPLES ??
  resolve(import.meta.dirname, "../../../../shared/reference/cql2/examples");
const reason = existsSync(folder) ? "" : " (no examples; set HONUA_CQL2_EXAMPLES to their folder)";

function names(kind: "text" | "json"): string[] {
  return reason === "" ? readdirSync(join(folder, kind)).sort() : ["none"];
}

describe.skipIf(reason !== "")(`the standard's examples${reason}`, () => {
  it.each(names("text"))("text/%s agrees with its JSON", (file) => {
    const text = readFileSync(join(folder, "text", file), "utf8");
    const name = file.replace(/(-alt\d+)?\.txt$/, "");
    const json = readFileSync(join(folder, "json", `${name}.json`), "utf8");
    const fromText = parseText(text);
    const fromJson = parseJsonText(json);
    expect(fromText).toEqual(fromJson);
    expect(parseText(toText(fromText))).toEqual(fromText);
    expect(parseJsonText(JSON.stringify(toJson(fromJson)))).toEqual(fromJson);
  });

  it.each(names("json"))("json/%s is read", (file) => {
    expect(() => parseJsonText(readFileSync(join(folder, "json", file), "utf8"))).not.toThrow();
  });
});
