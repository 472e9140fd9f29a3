import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bundleDigest, canonicalJson, sha256Hex } from "../src/index.ts";

describe("canonicalJson", () => {
  it("serializes the example of RFC 8785, section 3.2.3, sorted by UTF-16 code units", () => {
    const input = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    // Read as text: an object that is parsed again would move the key "1" to the front.
    const values = canonicalJson(input)
      .match(/:"[^"]*"/g)
      ?.map((value) => value.slice(2, -1));
    expect(values).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  it("serializes numbers as ECMAScript does", () => {
    expect(canonicalJson([-0, 1e30, 4.5, 0.002, 1e-27])).toBe("[0,1e+30,4.5,0.002,1e-27]");
  });

  it("omits undefined keys", () => {
    expect(canonicalJson({ b: undefined, a: [null, true] })).toBe('{"a":[null,true]}');
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], ["\ud800"], [1n], [[undefined]]])(
    "refuses %s, which JSON does not have",
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
    );
  });

  it("preserves the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});

describe("digests", () => {
  it("are the SHA-256 of UTF-8 in hexadecimal", () => {
    expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  it("of a bundle depend on its content, not on the order of keys", () => {
    const files = [{ path: "a", content: "1" }];
    const digest = bundleDigest({ environment: "production", files });
    expect(bundleDigest({ files, environment: "production" })).toBe(digest);
    expect(bundleDigest({ environment: "staging", files })).not.toBe(digest);
  });
});
