const p = (property: string) => ({ property });
const op = (name: string, ...args: unknown[]) => ({ op: name, args });
const square = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 4],
  [0, 0],
];

/** CQL2 text and the JSON that means the same, at least one pair for every rule of the grammar. */
export const PAIRS: readonly (readonly [text: string, json: unknown])[] = [
  ["TRUE", true],
  ["false", false],
  ["name = 'Rome'", op("=", p("name"), "Rome")],
  ["name='O''Brien' AND pop>5", op("and", op("=", p("name"), "O'Brien"), op(">", p("pop"), 5))],
  ["name = 'O\\'Brien'", op("=", p("name"), "O'Brien")],
  ["name = 'a\\b'", op("=", p("name"), "a\\b")],
  ["name = 'a\\\\''", op("=", p("name"), "a\\'")],
  ["name = ''", op("=", p("name"), "")],
  ["name <> '--; DROP TABLE x'", op("<>", p("name"), "--; DROP TABLE x")],
  ["\"name\" = 'x'", op("=", p("name"), "x")],
  ['"and" = 1', op("=", p("and"), 1)],
  ['"two words" = 1', op("=", p("two words"), 1)],
  ['"a ""b""" = 1', op("=", p('a "b"'), 1)],
  ["straße_1.größe = 1", op("=", p("straße_1.größe"), 1)],
  ["名前 = '東京'", op("=", p("名前"), "東京")],
  ["eo:cloud < 1", op("<", p("eo:cloud"), 1)],
  ["date = DATE('2020-02-29')", op("=", p("date"), { date: "2020-02-29" })],
  ["point = 1", op("=", p("point"), 1)],
  ["a <= 1", op("<=", p("a"), 1)],
  ["a >= -1", op(">=", p("a"), -1)],
  ["a = +1.50", op("=", p("a"), 1.5)],
  ["a = .5", op("=", p("a"), 0.5)],
  ["a = 5.", op("=", p("a"), 5)],
  ["a = 1.5e-3", op("=", p("a"), 0.0015)],
  ["a = 1E+2", op("=", p("a"), 100)],
  ["a = -0.0", op("=", p("a"), 0)],
  ["a = TRUE", op("=", p("a"), true)],
  ["5 < a", op("<", 5, p("a"))],
  ["a = b", op("=", p("a"), p("b"))],
  [
    "t = TIMESTAMP('2020-01-01T12:30:00.500Z')",
    op("=", p("t"), { timestamp: "2020-01-01T12:30:00.5Z" }),
  ],
  ["not a = 1", op("not", op("=", p("a"), 1))],
  ["NOT (NOT (a = 1))", op("not", op("not", op("=", p("a"), 1)))],
  [
    "a=1 or b=2 and c=3",
    op("or", op("=", p("a"), 1), op("and", op("=", p("b"), 2), op("=", p("c"), 3))),
  ],
  [
    "(a=1 or b=2) and c=3",
    op("and", op("or", op("=", p("a"), 1), op("=", p("b"), 2)), op("=", p("c"), 3)),
  ],
  [
    "(a=1 and b=2) and c=3",
    op("and", op("and", op("=", p("a"), 1), op("=", p("b"), 2)), op("=", p("c"), 3)),
  ],
  ["a=1 and b=2 and c=3", op("and", op("=", p("a"), 1), op("=", p("b"), 2), op("=", p("c"), 3))],
  ["name LIKE 'R\\_%'", op("like", p("name"), "R\\_%")],
  ["name NOT LIKE 'R%'", op("not", op("like", p("name"), "R%"))],
  [
    "CASEI(name) LIKE casei(accenti('é%'))",
    op("like", op("casei", p("name")), op("casei", op("accenti", "é%"))),
  ],
  ["ACCENTI(CASEI(name)) = 'e'", op("=", op("accenti", op("casei", p("name"))), "e")],
  ["f(a) LIKE 'x'", op("like", op("f", p("a")), "x")],
  ["a BETWEEN 1 AND 2", op("between", p("a"), 1, 2)],
  [
    "a NOT BETWEEN b+1 AND 2*c",
    op("not", op("between", p("a"), op("+", p("b"), 1), op("*", 2, p("c")))),
  ],
  ["a BETWEEN 1 AND 2 AND b = 3", op("and", op("between", p("a"), 1, 2), op("=", p("b"), 3))],
  ["a IN (1)", op("in", p("a"), [1])],
  ["a IN ('x', b, f(c))", op("in", p("a"), ["x", p("b"), op("f", p("c"))])],
  ["a NOT IN (DATE('2020-01-01'))", op("not", op("in", p("a"), [{ date: "2020-01-01" }]))],
  ["a IS NULL", op("isNull", p("a"))],
  ["a IS NOT NULL", op("not", op("isNull", p("a")))],
  ["(a = 1) IS NULL", op("isNull", op("=", p("a"), 1))],
  ["a + 1 IS NULL", op("isNull", op("+", p("a"), 1))],
  ["POINT(1 2) IS NULL", op("isNull", { type: "Point", coordinates: [1, 2] })],
  ["S_TOUCHES(g, h) IS NULL", op("isNull", op("s_touches", p("g"), p("h")))],
  ["INTERVAL('..', '..') IS NULL", op("isNull", { interval: ["..", ".."] })],
  ["a = 1 + 2 * 3 ^ 4", op("=", p("a"), op("+", 1, op("*", 2, op("^", 3, 4))))],
  ["a = (1 + 2) * 3", op("=", p("a"), op("*", op("+", 1, 2), 3))],
  ["a = 1 - 2 - 3", op("=", p("a"), op("-", op("-", 1, 2), 3))],
  ["a = 1 - (2 - 3)", op("=", p("a"), op("-", 1, op("-", 2, 3)))],
  ["a-1 = 2", op("=", op("-", p("a"), 1), 2)],
  ["a - -1 = 2", op("=", op("-", p("a"), -1), 2)],
  ["a = -b", op("=", p("a"), op("*", -1, p("b")))],
  ["a % 2 = b DIV 2 / 3", op("=", op("%", p("a"), 2), op("/", op("div", p("b"), 2), 3))],
  ["a = 1 -- b", op("=", p("a"), op("-", 1, op("*", -1, p("b"))))],
  ["(2 ^ 3) ^ 2 = a", op("=", op("^", op("^", 2, 3), 2), p("a"))],
  ["f()", op("f")],
  ["f((1), (a), 'x') = TRUE", op("=", op("f", [1], [p("a")], "x"), true)],
  ["f((1)+2)", op("f", op("+", 1, 2))],
  ["f(a = 1 AND b = 2, ())", op("f", op("and", op("=", p("a"), 1), op("=", p("b"), 2)), [])],
  [
    "f(((1, 2), (3)), BBOX(1,2,3,4), INTERVAL(a, '..'))",
    op("f", [[1, 2], [3]], { bbox: [1, 2, 3, 4] }, { interval: [p("a"), ".."] }),
  ],
  [
    "s_intersects(g, point(1.5 -2))",
    op("s_intersects", p("g"), { type: "Point", coordinates: [1.5, -2] }),
  ],
  [
    "S_EQUALS(g, POINT Z (1 2 3))",
    op("s_equals", p("g"), { type: "Point", coordinates: [1, 2, 3] }),
  ],
  [
    "S_DISJOINT(g, LINESTRING(0 0, 1 1))",
    op("s_disjoint", p("g"), {
      type: "LineString",
      coordinates: [
        [0, 0],
        [1, 1],
      ],
    }),
  ],
  [
    "S_WITHIN(g, POLYGON((0 0, 4 0, 4 4, 0 4, 0 0)))",
    op("s_within", p("g"), { type: "Polygon", coordinates: [square] }),
  ],
  [
    "S_OVERLAPS(g, MULTIPOINT((0 0), (1 1)))",
    op("s_overlaps", p("g"), {
      type: "MultiPoint",
      coordinates: [
        [0, 0],
        [1, 1],
      ],
    }),
  ],
  [
    "S_CROSSES(g, MULTILINESTRING((0 0, 1 1), (2 2, 3 3)))",
    op("s_crosses", p("g"), {
      type: "MultiLineString",
      coordinates: [
        [
          [0, 0],
          [1, 1],
        ],
        [
          [2, 2],
          [3, 3],
        ],
      ],
    }),
  ],
  [
    "S_CONTAINS(g, MULTIPOLYGON(((0 0, 4 0, 4 4, 0 4, 0 0))))",
    op("s_contains", p("g"), { type: "MultiPolygon", coordinates: [[square]] }),
  ],
  [
    "S_TOUCHES(g, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1)))",
    op("s_touches", p("g"), {
      type: "GeometryCollection",
      geometries: [
        { type: "Point", coordinates: [1, 2] },
        {
          type: "LineString",
          coordinates: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    }),
  ],
  [
    "S_INTERSECTS(g, BBOX(-10,-20,10,20))",
    op("s_intersects", p("g"), { bbox: [-10, -20, 10, 20] }),
  ],
  [
    "S_INTERSECTS(g, BBOX(-10,-20,0,10,20,99))",
    op("s_intersects", p("g"), { bbox: [-10, -20, 0, 10, 20, 99] }),
  ],
  ...["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"].map(
    (name) => [`${name}(t, DATE('2020-01-01'))`, op(name, p("t"), { date: "2020-01-01" })] as const,
  ),
  ...[
    "t_contains",
    "t_during",
    "t_finishedBy",
    "t_finishes",
    "t_meets",
    "t_metBy",
    "t_overlappedBy",
    "t_overlaps",
    "t_startedBy",
    "t_starts",
  ].map(
    (name) =>
      [
        `${name.toUpperCase()}(INTERVAL(a, b), INTERVAL('2020-01-01', '..'))`,
        op(name, { interval: [p("a"), p("b")] }, { interval: ["2020-01-01", ".."] }),
      ] as const,
  ),
  [
    "T_BEFORE(f(t), INTERVAL(f(a), '2020-01-01T00:00:00Z'))",
    op("t_before", op("f", p("t")), { interval: [op("f", p("a")), "2020-01-01T00:00:00Z"] }),
  ],
  ["A_CONTAINS(a, ('x', 'y'))", op("a_contains", p("a"), ["x", "y"])],
  ["A_EQUALS((1), a)", op("a_equals", [1], p("a"))],
  ["a_containedBy(a, f(b))", op("a_containedBy", p("a"), op("f", p("b")))],
  [
    "A_OVERLAPS(a, (TRUE, b + 1, DATE('2020-01-01'), POINT(1 2), c = 1, INTERVAL('..', d)))",
    op("a_overlaps", p("a"), [
      true,
      op("+", p("b"), 1),
      { date: "2020-01-01" },
      { type: "Point", coordinates: [1, 2] },
      op("=", p("c"), 1),
      { interval: ["..", p("d")] },
    ]),
  ],
  ["\ta\u00a0=\r\n1\u3000", op("=", p("a"), 1)],
];
