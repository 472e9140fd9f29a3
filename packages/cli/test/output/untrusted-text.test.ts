import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { renderValue } from "../../src/output/render-value.ts";
import {
  escapeUntrustedText,
  escapeUntrustedValue,
  safeJson,
} from "../../src/output/untrusted-text.ts";

/** Everything that a terminal interprets instead of showing it, except line feeds and tabs. */
const TERMINAL_CONTROL = /(?![\n\t])[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

describe("escapeUntrustedText", () => {
  it.each([
    ["cursor movement and erasure", "a\u001b[1A\u001b[2Kb", "a\\x1b[1A\\x1b[2Kb"],
    ["a bidirectional override", "user\u202etxt.exe", "user\\u202etxt.exe"],
    ["NUL", "a\0b", "a\\x00b"],
    ["a C1 control sequence introducer", "a\u009b31mb", "a\\x9b31mb"],
    ["a carriage return", "safe\rspoofed", "safe\\x0dspoofed"],
    ["line feeds and tabs", "one\ntwo\tthree", "one\\ntwo\\tthree"],
    ["an unpaired surrogate", "a\ud83db", "a\ufffdb"],
  ])("escapes %s", (_case, text, escaped) => {
    expect(escapeUntrustedText(text)).toBe(escaped);
  });

  it("keeps line feeds of multiline text", () => {
    expect(escapeUntrustedText("one\r\ntwo\n\u001b", { multiline: true })).toBe("one\ntwo\n\\x1b");
  });

  it("keeps letters, combining marks and emoji", () => {
    const text = "Ñandú – e\u0301 北京 👩‍👩‍👧 🇪🇸";
    expect(escapeUntrustedText(text)).toBe(text);
  });

  it("never leaves a control character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = escapeUntrustedText(text);
        expect(escaped).not.toMatch(TERMINAL_CONTROL);
        expect(escaped).not.toMatch(/[\n\t]/);
      }),
    );
  });
});

describe("escapeUntrustedValue", () => {
  it("escapes all strings and keys and keeps other values", () => {
    const value = { "a\u001b": ["\u202e", { n: 1, none: null, yes: true }] };
    expect(escapeUntrustedValue(value)).toEqual({
      "a\\x1b": ["\\u202e", { n: 1, none: null, yes: true }],
    });
  });
});

describe("renderValue", () => {
  const value = { message: "x\u001b[2K\u202e\0\u009b", lone: "\ud800", lines: "a\nb" };

  it("passes an escaped copy to the text formatter", () => {
    const text = renderValue(value, "table", ({ message }) => message);
    expect(text).toBe("x\\x1b[2K\\u202e\\x00\\x9b");
  });

  it.each(["json", "yaml"] as const)("escapes %s by its own syntax", (format) => {
    const text = renderValue(value, format, () => "");
    expect(text).not.toMatch(TERMINAL_CONTROL);
    const parsed = format === "json" ? JSON.parse(text) : parse(text);
    expect(parsed).toEqual({ ...value, lone: "\ufffd" });
  });

  it("keeps every well-formed value in JSON and YAML", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const wellFormed = texts.map((text) => text.toWellFormed());
        expect(JSON.parse(safeJson(texts))).toEqual(wellFormed);
        expect(parse(renderValue(texts, "yaml", () => ""))).toEqual(wellFormed);
      }),
    );
  });
});
