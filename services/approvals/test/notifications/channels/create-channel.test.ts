import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configuredChannel } from "../../../src/notifications/channel-settings.ts";
import { createChannel } from "../../../src/notifications/channels/create-channel.ts";
import { waiting } from "../../waiting-deployment.ts";
import { type LoopbackServer, startLoopbackServer } from "../loopback-server.ts";
import { sampleNotification } from "../sample-notification.ts";

const NOW = new Date("2026-03-01T09:00:05.000Z");
const { commit } = waiting;
let server: LoopbackServer;

beforeEach(async () => {
  server = await startLoopbackServer();
});
afterEach(() => server.stop());

const channelOf = (settings: object) =>
  createChannel(configuredChannel.parse({ Name: "ops", ...settings }), () => NOW);

describe("slack", () => {
  test("posts text in Slack markup with escaped control characters", async () => {
    const channel = channelOf({ Type: "slack", Url: `${server.url}/services/T0/B0/secret` });
    await channel.send(
      sampleNotification("AwaitingApproval", { commit: { ...commit, message: "<!here>" } }),
    );
    const [request] = server.received;
    expect(request).toMatchObject({ method: "POST", path: "/services/T0/B0/secret" });
    expect(request?.json.text).toMatch(
      /^\*production needs your approval: abcdef1 "&lt;!here&gt;"/,
    );
    expect(request?.json.text).toContain(`honua deployment approve ${waiting.id}`);
  });

  test.each([
    [500, "transient"],
    [404, "transient"],
    [429, "transient"],
    [302, "transient"],
    [400, "permanent"],
  ])("treats status %d as %s and names the host only", async (status, kind) => {
    server.respond = () => ({ status, body: "no" });
    const channel = channelOf({ Type: "slack", Url: `${server.url}/services/secret` });
    const error = await channel.send(sampleNotification()).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(`status ${status}`) });
    expect((error as Error).message).not.toContain("secret");
    expect(server.received).toHaveLength(1);
  });
});

describe("webhook", () => {
  const secret = "a secret of enough characters";

  test("posts a CloudEvent signed over id, time and body", async () => {
    await channelOf({ Type: "webhook", Url: `${server.url}/hook`, Secret: secret }).send(
      sampleNotification(),
    );
    const [request] = server.received;
    const id = `${waiting.id}.AwaitingApproval`;
    expect(request?.headers).toMatchObject({
      "content-type": "application/cloudevents+json; charset=utf-8",
      "webhook-id": id,
      "webhook-timestamp": String(NOW.getTime() / 1_000),
    });
    expect(request?.json).toMatchObject({
      specversion: "1.0",
      id,
      type: "honua.notification.v1",
      subject: "production",
      data: {
        kind: "AwaitingApproval",
        deployment: { id: waiting.id, riskLevel: "Critical", state: "AwaitingApproval" },
      },
    });
    const signed = `${id}.${NOW.getTime() / 1_000}.${request?.text}`;
    const expected = createHmac("sha256", secret).update(signed).digest("base64");
    expect(request?.headers["webhook-signature"]).toBe(`v1,${expected}`);
  });

  test("decodes a secret in the format of Standard Webhooks", async () => {
    const key = Buffer.from("0123456789abcdef0123456789abcdef");
    const Secret = `whsec_${key.toString("base64")}`;
    await channelOf({ Type: "webhook", Url: server.url, Secret }).send(sampleNotification());
    const [request] = server.received;
    const { "webhook-id": id, "webhook-timestamp": at } = request?.headers ?? {};
    const digest = createHmac("sha256", key)
      .update(`${id}.${at}.${request?.text}`)
      .digest("base64");
    expect(request?.headers["webhook-signature"]).toBe(`v1,${digest}`);
  });
});

describe("GitHub", () => {
  const settings = () => ({
    Type: "github",
    ApiUrl: `${server.url}/api/v3/`,
    Repository: "example/honua-config",
    Token: "ghp_secret",
  });

  test.each([
    ["AwaitingApproval", "pending"],
    ["Applying", "pending"],
    ["Completed", "success"],
    ["Failed", "failure"],
    ["RolledBack", "failure"],
  ] as const)("sets the status for %s to %s", async (kind, state) => {
    const long = { ...commit, message: "x".repeat(300) };
    await channelOf(settings()).send(sampleNotification(kind, { commit: long }));
    const [request] = server.received;
    expect(request).toMatchObject({
      method: "POST",
      path: `/api/v3/repos/example/honua-config/statuses/${commit.id}`,
      headers: {
        authorization: "Bearer ghp_secret",
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
        "user-agent": "honua",
      },
      json: {
        state,
        context: "honua/production",
        target_url: `https://example.com/config/commit/${commit.id}`,
      },
    });
    expect(String(request?.json.description)).toHaveLength(140);
  });
});

describe("GitLab", () => {
  const settings = () => ({
    Type: "gitlab",
    ApiUrl: `${server.url}/api/v4`,
    Project: "group/honua-config",
    Token: "glpat-secret",
  });

  test.each([
    ["AwaitingApproval", "pending"],
    ["Applying", "running"],
    ["Completed", "success"],
    ["Failed", "failed"],
  ] as const)("sets the status for %s to %s", async (kind, state) => {
    await channelOf(settings()).send(sampleNotification(kind));
    expect(server.received).toMatchObject([
      {
        method: "POST",
        path: `/api/v4/projects/group%2Fhonua-config/statuses/${commit.id}`,
        headers: { "private-token": "glpat-secret" },
        json: { state, name: "honua/production" },
      },
    ]);
  });

  test("accepts the refusal of a status that is already set, and no other refusal", async () => {
    const body = '{"message":"Cannot transition status via :enqueue from :pending"}';
    server.respond = () => ({ status: 400, body });
    await channelOf(settings()).send(sampleNotification());
    server.respond = () => ({ status: 400, body: '{"message":"sha is invalid"}' });
    await expect(channelOf(settings()).send(sampleNotification())).rejects.toMatchObject({
      kind: "permanent",
    });
  });
});

describe("mail", () => {
  let smtp: SMTPServer;
  let directory: string;
  let mails: { from: string; to: string[]; text: string; secure: boolean }[];

  async function startSmtp(options: SMTPServerOptions) {
    mails = [];
    smtp = new SMTPServer({
      logger: false,
      onAuth: ({ username, password }, _session, callback) =>
        username === "honua" && password === "the password"
          ? callback(null, { user: username })
          : callback(new Error("wrong password")),
      onData(stream, { envelope, secure }, callback) {
        let text = "";
        stream.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        stream.on("end", () => {
          const from = envelope.mailFrom ? envelope.mailFrom.address : "";
          mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), text, secure });
          callback();
        });
      },
      ...options,
    });
    await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
    return (smtp.server.address() as AddressInfo).port;
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "honua-smtp-"));
    const certificate = ["-keyout", join(directory, "key.pem"), "-out", join(directory, "ca.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...certificate, ...subject],
      { stdio: "ignore" },
    );
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
    await rm(directory, { recursive: true, force: true });
  });

  const settings = (Port: number, over: object = {}) => ({
    Type: "smtp",
    Host: "127.0.0.1",
    Port,
    CaFile: join(directory, "ca.pem"),
    Username: "honua",
    Password: "the password",
    From: "Honua <honua@example.com>",
    To: "ops@example.com, ana@example.com",
    ...over,
  });
  const withTls = async () => ({
    key: await readFile(join(directory, "key.pem"), "utf8"),
    cert: await readFile(join(directory, "ca.pem"), "utf8"),
  });

  test("sends an encrypted and authenticated mail to every recipient", async () => {
    const port = await startSmtp(await withTls());
    await channelOf(settings(port)).send(sampleNotification());
    expect(mails).toMatchObject([
      { from: "honua@example.com", to: ["ops@example.com", "ana@example.com"], secure: true },
    ]);
    const text = (mails[0]?.text ?? "").replaceAll("=\r\n", "");
    expect(text).toMatch(/^Subject: .*honua.*production.needs.your/m);
    expect(text).toMatch(/Message-ID: <[0-9a-f]{32}@example\.com>/);
    expect(text).toContain(`honua deployment approve ${waiting.id}`);
  });

  test("sends nothing to a server without TLS or with an untrusted certificate", async () => {
    const port = await startSmtp({ ...(await withTls()), disabledCommands: ["STARTTLS"] });
    await expect(channelOf(settings(port)).send(sampleNotification())).rejects.toMatchObject({
      kind: "transient",
    });
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
    const other = await startSmtp(await withTls());
    const distrusting = settings(other, { CaFile: undefined });
    await expect(channelOf(distrusting).send(sampleNotification())).rejects.toMatchObject({
      kind: "transient",
      message: expect.stringMatching(/certificate/i),
    });
    expect(mails).toEqual([]);
  });

  test("treats a wrong password as transient and a refused recipient as permanent", async () => {
    const port = await startSmtp({
      ...(await withTls()),
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith("nobody") ? new Error("no such user") : null),
    });
    const wrong = settings(port, { Password: "not it" });
    await expect(channelOf(wrong).send(sampleNotification())).rejects.toMatchObject({
      kind: "transient",
    });
    const unknown = settings(port, { To: "nobody@example.com" });
    await expect(channelOf(unknown).send(sampleNotification())).rejects.toMatchObject({
      kind: "permanent",
    });
  });
});
