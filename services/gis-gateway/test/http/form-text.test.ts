import fc from "fast-check";
import { expect, it } from "vitest";
import { formPairs, formText } from "../../src/http/form-text.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."ab=&+%20 ,:!'()~*-._é🎈") }),
);

it("reads every query like URLSearchParams", () => {
  fc.assert(
    fc.property(text, (query) => {
      // URLSearchParams drops a leading question mark, which a query does not have.
      fc.pre(!query.startsWith("?"));
      expect([...formPairs(query)]).toEqual([...new URLSearchParams(query)]);
    }),
  );
});

it("writes all pairs like URLSearchParams", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
      expect(formText(pairs)).toBe(new URLSearchParams(pairs).toString());
    }),
  );
});
