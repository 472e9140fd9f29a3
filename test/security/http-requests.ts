import fc from "fast-check";

/** A request with possibly invalid parts, but with valid framing. */
export interface FuzzedRequest {
  method: string;
  target: string;
  version: "1.0" | "1.1";
  /** One character for each byte. */
  headers: readonly (readonly [name: string, value: string])[];
  body: string;
}

const latin1 = (maxLength: number) =>
  fc
    .array(
      fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== 10 && byte !== 13),
      { maxLength },
    )
    .map((bytes) => String.fromCharCode(...bytes));

const HOSTILE_TEXT = [
  ..."_ %F6 %00 %2F %ED%A0%80 %zz % %25 .. ; ' \" < > \\ {} [] $ * | __proto__ constructor".split(
    " ",
  ),
  "%E2%80%AE",
  "\t",
  "//",
  "a".repeat(3_000),
  "9".repeat(400),
];
const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_TEXT) },
  {
    weight: 4,
    arbitrary: fc.string({ unit: "grapheme-composite", maxLength: 20 }).map(encodeURIComponent),
  },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 20 }) },
  latin1(20),
);

const host = fc.oneof(
  { weight: 16, arbitrary: fc.constantFrom("localhost", "gis_gateway:5000", "gis.example.com.") },
  fc.constantFrom(
    "_",
    "",
    "[::1]:5000",
    "[::1",
    "a:99999",
    "a@b",
    "a/b",
    "1.2.3.4.5",
    "xn--a",
    ".",
  ),
  fc.domain(),
  fc.ipV6().map((address) => `[${address}]`),
  latin1(30),
);
const scheme = fc.constantFrom("http", "https", "HTTPS", "ftp", "", "http,https");

const forwarding = fc.oneof(
  fc.tuple(fc.constant("X-Forwarded-Host"), host),
  fc.tuple(fc.constant("X-Forwarded-Proto"), scheme),
  fc.tuple(fc.constant("X-Forwarded-Port"), fc.constantFrom("443", "0", "65536", "-1", "x", "")),
  fc.tuple(fc.constant("X-Forwarded-Prefix"), fc.oneof(fc.webPath(), hostile)),
  fc.tuple(fc.constant("X-Forwarded-For"), fc.oneof(fc.ipV4(), hostile)),
  fc.tuple(
    fc.constant("Forwarded"),
    fc.oneof(
      fc
        .tuple(fc.ipV4(), host, scheme)
        .map(([by, named, proto]) => `for=${by};host="${named}";proto=${proto}`),
      hostile,
    ),
  ),
);

const otherHeader = fc.oneof(
  fc.tuple(
    fc.constant("Accept"),
    fc.oneof(
      fc.constantFrom("text/html", "*/*", "application/json;q=2", "text/html;q=,;,;q=x", ","),
      hostile,
    ),
  ),
  fc.tuple(
    fc.constant("Accept-Encoding"),
    fc.oneof(fc.constantFrom("gzip", "br", "*;q=0"), hostile),
  ),
  fc.tuple(fc.constant("If-None-Match"), fc.oneof(fc.constantFrom("*", 'W/"x"', ","), hostile)),
  fc.tuple(fc.constant("Origin"), hostile),
  fc.tuple(fc.constant("Last-Event-ID"), hostile),
  fc.tuple(fc.constant("Authorization"), fc.oneof(fc.constant("Bearer a.b.c"), hostile)),
  fc.tuple(fc.constant("Content-Type"), fc.oneof(fc.constant("text/x;charset=y"), hostile)),
  fc.tuple(fc.constant("Content-Encoding"), fc.constantFrom("gzip", "br", "x")),
  fc.tuple(fc.constant("traceparent"), fc.oneof(fc.constant(`00-${"1".repeat(32)}-x`), hostile)),
  fc.tuple(fc.constant("baggage"), fc.oneof(fc.constantFrom("a=%F6", "=", ",;="), hostile)),
  fc.tuple(fc.constant("Expect"), fc.constantFrom("100-continue", "x")),
  fc.tuple(fc.constant("Upgrade"), fc.constantFrom("h2c", "websocket")),
  fc.tuple(fc.constant("Range"), fc.constantFrom("bytes=0-1", "bytes=9-1", "x")),
);

const PARAMETERS = [
  ..."f limit offset cursor bbox bbox-crs crs datetime filter filter-lang ids sortby properties".split(
    " ",
  ),
  ..."skipGeometry state environment since requestId %66 lim%69t".split(" "),
];
const VALUES = [
  ..."html json csv %68tml geojsonseq jsonfg flatgeobuf mvt 1 0 -1 %310000 1e9 NaN null".split(" "),
  ..."0,0,1,1 177,65,-177,70 1,2 ../.. 2020-01-01/.. -name id name%3D'x' (((( cql2-json".split(" "),
  "%7B%22op%22%3A%22%3D%22%7D",
  "S_INTERSECTS(geometry,POINT(0%200))",
];
const query = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...PARAMETERS) }, hostile),
      fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...VALUES) }, hostile),
    ),
    { maxLength: 4 },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join("&"));

/** Spaces and line breaks would end the request target. */
const withoutSpaces = (text: string) => text.replace(/[ \r\n]/g, "+");

function target(paths: readonly string[]): fc.Arbitrary<string> {
  const path = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...paths) },
    fc.tuple(fc.constantFrom(...paths), hostile).map(([start, end]) => `${start}/${end}`),
    fc.tuple(fc.constantFrom(...paths), hostile, fc.nat(8)).map(([start, part, at]) =>
      start
        .split("/")
        .with(-1 - (at % 2), part)
        .join("/"),
    ),
    hostile,
  );
  const origin = fc
    .tuple(path, fc.option(query, { nil: undefined }))
    .map(([start, end]) => (end === undefined ? start : `${start}?${end}`));
  return fc
    .oneof(
      { weight: 8, arbitrary: origin },
      fc.tuple(host, origin).map(([named, rest]) => `http://${named}${rest}`),
      fc.constantFrom("*", "http://", "host:80", "//host/ogc", "?f=html", "/#x"),
    )
    .map(withoutSpaces)
    .map((text) => text || "/");
}

/** @param options.token sent with some of the requests, to reach the code behind authentication */
export function fuzzedRequest(options: {
  paths: readonly string[];
  methods: readonly string[];
  token: string;
}): fc.Arbitrary<FuzzedRequest> {
  const authorization = fc.constant(["Authorization", `Bearer ${options.token}`] as const);
  return fc
    .record({
      method: fc.oneof(
        { weight: 4, arbitrary: fc.constant("GET") },
        fc.constantFrom(...options.methods),
      ),
      target: target(options.paths),
      version: fc.oneof(
        { weight: 6, arbitrary: fc.constant("1.1" as const) },
        fc.constant("1.0" as const),
      ),
      hosts: fc.oneof(
        { weight: 20, arbitrary: host.map((one) => [one]) },
        fc.array(host, { maxLength: 2 }),
      ),
      headers: fc.array(fc.oneof(forwarding, otherHeader), { maxLength: 3 }),
      identity: fc.option(authorization, { freq: 2 }),
      body: fc.oneof(
        { weight: 3, arbitrary: fc.constant("") },
        fc.constantFrom(
          "{",
          "[]",
          "null",
          '{"reason":1}',
          '{"__proto__":{}}',
          '{"reason":"\\u0000"}',
        ),
        latin1(50),
      ),
    })
    .map(({ hosts, headers, identity, ...rest }) => ({
      ...rest,
      headers: [
        ...hosts.map((one) => ["Host", one] as const),
        ...(identity ? [identity] : []),
        ...headers,
      ],
    }));
}

/** The bytes of a request, one character for each. */
export function requestText({ method, target: to, version, headers, body }: FuzzedRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, " ")}\r\n`);
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return `${method} ${to} HTTP/${version}\r\n${lines.join("")}${length}Connection: close\r\n\r\n${body}`;
}
