import fc from "fast-check";
import { expect, it } from "vitest";
import { formPairs, formText } from "../../src/http/form-text.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."ab=&+%20 ,:!'()~*-._é🎈") }),
);

it("reads any query as URLSearchParams does", () => {
  fc.assert(
    fc.property(text, (query) => {
      // A question mark at the start is dropped there; a query has none.
      fc.pre(!query.startsWith("?"));
      expect([...formPairs(query)]).toEqual([...new URLSearchParams(query)]);
    }),
  );
});

it("writes any pairs as URLSearchParams does", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
      expect(formText(pairs)).toBe(new URLSearchParams(pairs).toString());
    }),
  );
});
