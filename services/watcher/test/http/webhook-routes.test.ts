import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { createHttpService, createLog, type HttpService } from "@honua/service-kit";
import { afterEach, expect, test } from "vitest";
import { createDeliveryCache } from "../../src/http/delivery-cache.ts";
import { webhookRoutes } from "../../src/http/webhook-routes.ts";
import type { WebhookProvider } from "../../src/http/webhook-schemes.ts";

const secret = "It's a Secret to Everybody";
const signingToken = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const now = new Date("2026-06-01T12:00:00.000Z");
const seconds = now.getTime() / 1_000;

let service: HttpService | undefined;
afterEach(() => service?.stop());

/** The endpoints, which count the polls they request. */
async function serve(secrets: Partial<Record<WebhookProvider, string>>, perMinute = 1_000) {
  let polls = 0;
  let time = now;
  const started = createHttpService({
    host: "127.0.0.1",
    port: 0,
    log: createLog({ service: "watcher", instance: "test", level: "silent" }),
    checks: {},
    routes: webhookRoutes({
      secrets: new Map(Object.entries(secrets) as [WebhookProvider, string][]),
      perMinute,
      clock: { now: () => time },
      log: createLog({ service: "watcher", instance: "test", level: "silent" }),
      onDelivery: () => polls++,
    }),
  });
  service = started;
  await started.start();
  const root = `http://127.0.0.1:${started.port()}/api/gitops/webhook`;
  return {
    root,
    polls: () => polls,
    later: (ms: number) => {
      time = new Date(time.getTime() + ms);
    },
    deliver: async (provider: string, body: string, headers: Record<string, string>) => {
      const response = await fetch(`${root}/${provider}`, { method: "POST", body, headers });
      return { status: response.status, body: (await response.json()) as ResponseBody };
    },
  };
}
type ResponseBody = { accepted?: boolean; code?: string };

const hex = (text: string, key: string | Buffer = secret) =>
  createHmac("sha256", key).update(text).digest("hex");

function standardWebhook(body: string, at = seconds) {
  const key = Buffer.from(signingToken.slice(6), "base64");
  const signature = createHmac("sha256", key).update(`msg_1.${at}.${body}`).digest("base64");
  return {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(at),
    "webhook-signature": `v1,${"A".repeat(43)}= v1,${signature}`,
  };
}

function generic(body: string, at = seconds) {
  return {
    "X-Honua-Timestamp": String(at),
    "X-Honua-Signature-256": `sha256=${hex(`${at}.${body}`)}`,
  };
}

// GitHub and Bitbucket document the signatures of "Hello, World!" and "Hello World!".
const DELIVERIES: [
  name: string,
  provider: WebhookProvider,
  secret: string,
  body: string,
  headers: Record<string, string>,
][] = [
  [
    "GitHub",
    "github",
    secret,
    "Hello, World!",
    {
      "X-Hub-Signature-256":
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    },
  ],
  [
    "Bitbucket",
    "bitbucket",
    secret,
    "Hello World!",
    {
      "X-Hub-Signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
    },
  ],
  ["Gitea", "gitea", secret, "{}", { "X-Gitea-Signature": hex("{}") }],
  ["Forgejo", "gitea", secret, "{}", { "X-Forgejo-Signature": hex("{}") }],
  ["GitLab, secret token", "gitlab", secret, "{}", { "X-Gitlab-Token": secret }],
  ["GitLab, signing token", "gitlab", signingToken, "{}", standardWebhook("{}")],
  ["generic", "generic", secret, "{}", generic("{}")],
];

test.each(DELIVERIES)(
  "%s: a signed delivery requests one poll, a replay none",
  async (...parts) => {
    const [, provider, itsSecret, body, headers] = parts;
    const hook = await serve({ [provider]: itsSecret });
    expect(await hook.deliver(provider, body, headers)).toEqual({
      status: 202,
      body: { accepted: true },
    });
    expect(hook.polls()).toBe(1);
    // An attacker can replay a delivery with any delivery id.
    const replayed = { ...headers, "X-GitHub-Delivery": "new", "X-Request-UUID": "new" };
    expect(await hook.deliver(provider, body, replayed)).toEqual({
      status: 200,
      body: { accepted: false },
    });
    expect(hook.polls()).toBe(1);
  },
);

test.each(DELIVERIES)("%s: refuses changed, unsigned and forged deliveries", async (...parts) => {
  const [name, provider, itsSecret, body, headers] = parts;
  const hook = await serve({ [provider]: itsSecret });
  const refused = { status: 401, body: { code: "signature-refused" } };
  const isSigned = name !== "GitLab, secret token";
  if (isSigned) expect(await hook.deliver(provider, `${body} `, headers)).toMatchObject(refused);
  expect(await hook.deliver(provider, body, {})).toMatchObject(refused);
  for (const header of Object.keys(headers)) {
    for (const value of ["", "sha256=", "v1,", `${headers[header]}0`, `sha256=${"0".repeat(64)}`]) {
      const changed = { ...headers, [header]: value };
      expect(await hook.deliver(provider, body, changed)).toMatchObject(refused);
    }
  }
  const other = await serve({ [provider]: itsSecret.replace("E", "F").replace("M", "N") });
  expect(await other.deliver(provider, body, headers)).toMatchObject(refused);
  expect(hook.polls() + other.polls()).toBe(0);
});

test("the signature of one provider is not valid for another", async () => {
  const hook = await serve({ github: secret, bitbucket: secret, gitea: secret });
  const headers = { "X-Hub-Signature-256": `sha256=${hex("{}")}` };
  expect((await hook.deliver("github", "{}", headers)).status).toBe(202);
  expect((await hook.deliver("bitbucket", "{}", headers)).status).toBe(401);
  expect((await hook.deliver("gitea", "{}", headers)).status).toBe(401);
});

test("returns 404 for a provider without a secret", async () => {
  const hook = await serve({ github: secret });
  for (const provider of ["gitlab", "bitbucket", "gitea", "generic", "other"]) {
    expect((await hook.deliver(provider, "{}", { "X-Gitlab-Token": "" })).status).toBe(404);
  }
  expect((await fetch(`${hook.root}/github`)).status).toBe(404);
});

test("refuses a signed time more than 300 seconds from now", async () => {
  const hook = await serve({ generic: secret, gitlab: signingToken });
  const old = { status: 401, body: { code: "delivery-too-old" } };
  for (const at of [seconds - 301, seconds + 301]) {
    expect(await hook.deliver("generic", "{}", generic("{}", at))).toMatchObject(old);
    expect(await hook.deliver("gitlab", "{}", standardWebhook("{}", at))).toMatchObject(old);
  }
  expect((await hook.deliver("generic", "{}", generic("{}", seconds - 300))).status).toBe(202);
  expect(hook.polls()).toBe(1);
});

test("accepts a body of 25 MiB and refuses a larger one, with or without Content-Length", async () => {
  const hook = await serve({ github: secret });
  const largest = "x".repeat(25 * 1024 * 1024);
  const signed = { "X-Hub-Signature-256": `sha256=${hex(largest)}` };
  expect((await hook.deliver("github", largest, signed)).status).toBe(202);
  expect((await hook.deliver("github", `${largest}x`, signed)).status).toBe(413);
  expect(await statusOfChunked(`${hook.root}/github`, `${largest}x`)).toBe(413);
  expect(hook.polls()).toBe(1);
});

test("limits deliveries of one address before reading them", async () => {
  const hook = await serve({ github: secret }, 3);
  for (let i = 0; i < 3; i++) {
    expect(
      (await hook.deliver("github", `${i}`, { "X-Forwarded-For": `10.0.0.${i}` })).status,
    ).toBe(401);
  }
  const signed = { "X-Hub-Signature-256": `sha256=${hex("{}")}`, "X-Forwarded-For": "10.0.0.9" };
  expect(await hook.deliver("github", "{}", signed)).toMatchObject({
    status: 429,
    body: { code: "too-many-deliveries" },
  });
  expect(hook.polls()).toBe(0);
});

test("the delivery cache forgets old deliveries, and the oldest if it is full", () => {
  const cache = createDeliveryCache({ forMs: 1_000, entries: 3 });
  const at = (ms: number) => new Date(now.getTime() + ms);
  expect(["a", "b", "a"].map((delivery) => cache.isNew(delivery, at(0)))).toEqual([
    true,
    true,
    false,
  ]);
  expect(cache.isNew("a", at(999))).toBe(false);
  expect(cache.isNew("a", at(1_000))).toBe(true);
  for (const delivery of ["c", "d", "e"]) cache.isNew(delivery, at(1_001));
  expect(cache.isNew("a", at(1_002))).toBe(true);
  expect(cache.isNew("e", at(1_002))).toBe(false);
});

/** Sends a body without Content-Length. */
function statusOfChunked(url: string, body: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const sent = httpRequest(url, { method: "POST" }, (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  // The service may respond and close the connection while the body is still being sent.
  sent.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") reject(error);
  });
  sent.end(body);
  return promise;
}
