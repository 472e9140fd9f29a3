import fc from "fast-check";
import type { BooleanExpression, Expression } from "../src/ast.ts";
import { canonicalNumber } from "../src/canonical-number.ts";
import { invalidCharacterAt } from "../src/characters.ts";
import {
  isReservedFunction,
  PREDICATE_OPERATORS,
  type PredicateOperator,
} from "../src/operators.ts";

const character = fc.oneof(
  fc.constantFrom("a", "Z", "'", "\\", '"', "%", "_", " ", "\n", "(", ")", "--", "é", "東", "😀"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
);
const words = fc
  .array(character, { maxLength: 8 })
  .map((parts) => parts.join(""))
  .filter((text) => invalidCharacterAt(text) < 0);

const string = words
  .filter((text) => !text.endsWith("\\"))
  .map((value) => ({ kind: "string", value }) as const);
const name = fc.oneof(
  fc.constantFrom("a", "eo:cloud", "größe", "and", "DATE", "point", "z", "TRUE", "it's", 'a"b'),
  words.filter((text) => text !== ""),
);
const property = name.map((text) => ({ kind: "property", name: text }) as const);
const number = fc
  .oneof(
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.bigInt().map(String),
    fc.stringMatching(/^-?\d{1,30}\.\d{1,30}(e-?\d{1,2})?$/),
  )
  .map((source) => canonicalNumber(source))
  .filter((text) => text !== undefined)
  .map((text) => ({ kind: "number", text }) as const);
const boolean = fc.boolean().map((value) => ({ kind: "boolean", value }) as const);

const day = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString());
const date = day.map((iso) => ({ kind: "date", value: iso.slice(0, 10) }) as const);
const timestamp = day.map(
  (iso) =>
    ({ kind: "timestamp", value: iso.replace(/\.?0*Z$/, "Z").replace(/:0?Z$/, ":00Z") }) as const,
);
const instant = fc.oneof(
  date,
  timestamp.filter(({ value }) => /:\d\d(\.\d*[1-9])?Z$/.test(value)),
);

const coordinate = fc
  .oneof(fc.integer({ min: -180, max: 180 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => (value === 0 ? 0 : value));

function geometryOf(dimensions: 2 | 3) {
  const position = fc.array(coordinate, { minLength: dimensions, maxLength: dimensions });
  const line = fc.array(position, { minLength: 2, maxLength: 4 });
  const ring = fc
    .array(position, { minLength: 3, maxLength: 5 })
    .map((positions) => [...positions, positions[0]]);
  const polygon = fc.array(ring, { minLength: 1, maxLength: 2 });
  const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 3 });
  const single = fc.oneof(
    position.map((coordinates) => ({ type: "Point", coordinates })),
    line.map((coordinates) => ({ type: "LineString", coordinates })),
    polygon.map((coordinates) => ({ type: "Polygon", coordinates })),
    some(position).map((coordinates) => ({ type: "MultiPoint", coordinates })),
    some(line).map((coordinates) => ({ type: "MultiLineString", coordinates })),
    some(polygon).map((coordinates) => ({ type: "MultiPolygon", coordinates })),
  );
  return fc.oneof(
    single,
    some(single).map((geometries) => ({ type: "GeometryCollection", geometries })),
  );
}

const geometry = fc
  .oneof(geometryOf(2), geometryOf(3))
  .map((value) => ({ kind: "geometry", geometry: value }));
const bbox = fc
  .constantFrom(4, 6)
  .chain((count) => fc.array(coordinate, { minLength: count, maxLength: count }))
  .map((bounds) => ({ kind: "bbox", bounds }));

const functionName = fc
  .oneof(fc.constantFrom("Buffer", "avg", "größe", "x.y"), fc.stringMatching(/^[a-z_]{1,6}$/))
  .filter((text) => !isReservedFunction(text));
const operators = [...PREDICATE_OPERATORS.values()];
const operatorOf = (kind: PredicateOperator["kind"]) =>
  fc.constantFrom(...operators.filter((operator) => operator.kind === kind));

const { filter } = fc.letrec<Record<string, unknown>>((tie) => {
  const list = (key: string, minLength: number) => fc.array(tie(key), { minLength, maxLength: 3 });
  const pair = (operator: fc.Arbitrary<object>, operand: string) =>
    fc
      .tuple(operator, tie(operand), tie(operand))
      .map(([fields, left, right]) => ({ ...fields, left, right }));
  const pick = <T>(leaf: fc.Arbitrary<T>, ...rest: fc.Arbitrary<unknown>[]) =>
    fc.oneof({ maxDepth: 4, depthIdentifier: "filter" }, leaf, ...rest);
  const kinds = <K extends string>(...values: K[]) =>
    fc.constantFrom(...values.map((kind) => ({ kind })));
  return {
    call: fc.record({ kind: fc.constant("function"), name: functionName, args: list("any", 0) }),
    folded: fc
      .tuple(kinds("casei", "accenti"), tie("character"))
      .map(([kind, value]) => ({ ...kind, value })),
    character: pick(string, property, tie("folded"), tie("call")),
    pattern: pick(
      string,
      fc
        .tuple(kinds("casei", "accenti"), tie("pattern"))
        .map(([kind, value]) => ({ ...kind, value })),
    ),
    arithmetic: pair(
      fc.record({
        kind: fc.constant("arithmetic"),
        op: fc.constantFrom("+", "-", "*", "/", "%", "div", "^"),
      }),
      "numeric",
    ),
    numeric: pick(number, property, tie("arithmetic"), tie("call")),
    scalar: pick(property, tie("character"), tie("numeric"), instant, boolean),
    geometry: pick(property, geometry, bbox, tie("call")),
    bound: pick(fc.constant({ kind: "unbounded" }), instant, property, tie("call")),
    interval: fc.record({ kind: fc.constant("interval"), start: tie("bound"), end: tie("bound") }),
    temporal: pick(property, instant, tie("interval"), tie("call")),
    list: fc.record({ kind: fc.constant("array"), items: list("any", 0) }),
    array: pick(property, tie("list"), tie("call")),
    any: pick(
      property,
      tie("scalar"),
      tie("geometry"),
      tie("temporal"),
      tie("array"),
      tie("filter"),
    ),
    nullable: pick(property, tie("scalar"), tie("geometry"), tie("temporal"), tie("filter")),
    filter: pick(
      boolean,
      fc.tuple(kinds("and", "or"), list("filter", 2)).map(([kind, args]) => ({ ...kind, args })),
      fc.record({ kind: fc.constant("not"), arg: tie("filter") }),
      pair(
        fc.record({
          kind: fc.constant("comparison"),
          op: fc.constantFrom("=", "<>", "<", ">", "<=", ">="),
        }),
        "scalar",
      ),
      fc.record({ kind: fc.constant("like"), value: tie("character"), pattern: tie("pattern") }),
      fc.record({
        kind: fc.constant("between"),
        value: tie("numeric"),
        lower: tie("numeric"),
        upper: tie("numeric"),
      }),
      fc.record({ kind: fc.constant("in"), value: tie("scalar"), list: list("scalar", 1) }),
      fc.record({ kind: fc.constant("isNull"), value: tie("nullable") }),
      pair(operatorOf("spatial"), "geometry"),
      pair(operatorOf("temporal"), "temporal"),
      pair(operatorOf("arrayPredicate"), "array"),
      tie("call"),
    ),
  };
});

/** Any filter that both encodings can express. */
export const arbitraryFilter = filter as fc.Arbitrary<BooleanExpression & Expression>;
