import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@honua/testing/eventually";
import { CLI, NODE } from "@honua/testing/system-under-test";
import { startTcpProxy } from "@honua/testing/tcp-proxy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EngineUnderTest, metadataOf, startEngine, TOKEN } from "./engine-under-test.ts";

/** Runs `honua` as a process against a real state service, and checks what the user sees. */
let engine: EngineUnderTest;
let directory: string;
beforeAll(async () => {
  [engine, directory] = await Promise.all([
    startEngine(),
    mkdtemp(join(tmpdir(), "honua-command-")),
  ]);
});
afterAll(() => engine?.stop());

function environmentVariables(over: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HONUA_STATE_URL: engine.stateUrl,
    HONUA_APPROVALS_URL: engine.stateUrl,
    HONUA_TOKEN: TOKEN,
    NODE_COMPILE_CACHE: join(directory, "compiled"),
    ...over,
  };
}

interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

function runHonua(args: string[], over: Record<string, string> = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const options = { env: environmentVariables(over), cwd: directory };
    execFile(NODE, [CLI, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

async function deployOnce() {
  const environment = await engine.createEnvironment();
  const { id } = await environment.untilState(
    await environment.publishCommit(metadataOf("cities")),
    "Completed",
  );
  return { environment, id };
}

describe("an error", () => {
  it("of a system that cannot be reached names the address and what to do", async () => {
    const { code, stdout, stderr } = await runHonua(["status"], {
      HONUA_STATE_URL: "http://127.0.0.1:9",
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^honua: http:\/\/127\.0\.0\.1:9 cannot be reached\. Check that it is running, for example with '\S*honua doctor'\.\n$/,
    );
  });

  it("explains that an address belongs to another service or is not a URL", async () => {
    const other = await runHonua(["status"], { HONUA_STATE_URL: `${engine.stateUrl}/ogc` });
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/does not respond like a Honua service .* Check HONUA_STATE_URL/);
    const invalid = await runHonua(["status"], { HONUA_STATE_URL: "localhost:5002" });
    expect(invalid).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'localhost:5002' is not the URL of a service"),
    });
  });

  it("of a wrong token names its source and exits with 4", async () => {
    const outcomeOf = async (args: string[], over?: Record<string, string>) => {
      const { code, stderr } = await runHonua(["status", ...args], over);
      return `${code} ${stderr}`;
    };
    const message = "does not accept this token, which comes from";
    expect(await outcomeOf([], { HONUA_TOKEN: "wrong" })).toContain(`${message} HONUA_TOKEN.`);
    expect(await outcomeOf(["--token", "wrong"])).toMatch(/^4 .*comes from --token\./);
    expect(await outcomeOf([], { HONUA_TOKEN: "", HONUA_TOKEN_FILE: "/nowhere" })).toBe(
      "2 honua: HONUA_TOKEN_FILE is /nowhere, which does not exist.\n",
    );
  });

  it("of a mistyped environment suggests the closest one", async () => {
    const { environment } = await deployOnce();
    for (const command of [["status"], ["history"], ["pause", "--reason", "r"]]) {
      const [verb = "", ...rest] = command;
      const { code, stderr } = await runHonua([verb, `${environment.name}x`, ...rest]);
      expect(code).toBe(1);
      expect(stderr).toContain(`Environment '${environment.name}x' does not exist`);
      expect(stderr).toContain(`Did you mean '${environment.name}'?`);
    }
    expect((await runHonua(["status", "nothing-like-it"])).stderr).toMatch(
      /Existing environments: .*env-/,
    );
  });

  it("of an unknown deployment suggests the closest id, also for a part of it", async () => {
    const { environment, id } = await deployOnce();
    for (const mistyped of [`${id.slice(0, -1)}x`, id.slice(-7)]) {
      const { code, stderr } = await runHonua(["deployment", "show", mistyped]);
      expect(code).toBe(1);
      expect(stderr).toContain(`Deployment '${mistyped}' does not exist`);
      expect(stderr).toContain(`Did you mean '${id}'?`);
    }
    const plan = await runHonua(["deployment", "plan", `${environment.name}-of-nobody`]);
    expect(plan.stderr).toMatch(
      new RegExp(`List the existing ones with '\\S*honua history ${environment.name}'`),
    );
  });

  it("of an invalid value exits with 2 and lists the valid ones", async () => {
    expect(await runHonua(["history", "x", "--state", "failed"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean 'Failed'?"),
    });
    expect(await runHonua(["events", "--types", "deploy.fialed"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("deploy.failed"),
    });
    expect(await runHonua(["audit", "--limit", "0"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("a whole number from 1 to 10000"),
    });
    expect(await runHonua(["statsu"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean status?"),
    });
  });

  it("is one line without a stack trace", async () => {
    for (const args of [
      ["status", "x"],
      ["deployment", "show", "x"],
      ["state", "export", "/no/x"],
    ]) {
      const { stderr, stdout } = await runHonua(args);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^honua: .+\n$/);
      expect(stderr).not.toMatch(/\n\s+at |node:|\.ts:/);
    }
  });
});

const ESCAPE = "\u001b";
/** `script` gives a command a terminal; elsewhere it takes other arguments. */
const hasTerminals = process.platform === "linux";

describe("the output", () => {
  it("is aligned, without trailing spaces, and without colours in a pipe", async () => {
    await deployOnce();
    const { stdout } = await runHonua(["status"]);
    const lines = stdout.trimEnd().split("\n");
    const health = lines[0]?.indexOf("HEALTH") ?? -1;
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(1)) {
      expect(line.slice(health)).toMatch(/^(Healthy|Degraded|Unhealthy|Progressing|Unknown) /);
      expect(line).toBe(line.trimEnd());
    }
    expect(stdout).not.toContain(ESCAPE);
  });

  it.runIf(hasTerminals)("has colours on a terminal, unless NO_COLOR is set", async () => {
    const { environment } = await deployOnce();
    const onTerminal = async (over: Record<string, string>) => {
      const command = [NODE, CLI, "status", environment.name].join(" ");
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: environmentVariables({ TERM: "xterm", ...over }),
        cwd: directory,
      });
      let shown = "";
      child.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
      await once(child, "close");
      return shown;
    };
    expect(await onTerminal({})).toContain(`${ESCAPE}[32mHealthy`);
    const plain = await onTerminal({ NO_COLOR: "1" });
    expect(plain).toContain("Healthy");
    expect(plain).not.toContain(ESCAPE);
  });
});

describe("honua status --watch", () => {
  it("prints each change and exits at Ctrl-C", async () => {
    const { environment } = await deployOnce();
    const child = spawn(NODE, [CLI, "status", environment.name, "--watch", "-o", "json"], {
      env: environmentVariables(),
      cwd: directory,
    });
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
    const shownStates = () => shown.match(/"currentDeployment": \{[^{}]*"state": "(\w+)"/g) ?? [];
    await eventually("the status is shown", () => shownStates().length > 0);
    const newer = await environment.publishCommit(metadataOf("cities", "roads"));
    await eventually("the newer commit is shown", () => shown.includes(newer));
    const paused = `/api/gitops/environments/${environment.name}/pause`;
    await engine.askState(paused, { reason: "the database moves" });
    await eventually("the pause is shown", () => shown.includes("the database moves"));
    const ended = once(child, "exit");
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
  });

  it.runIf(hasTerminals)(
    "redraws on a terminal and keeps the last status while the service is unavailable",
    async () => {
      const { environment } = await deployOnce();
      const proxy = await startTcpProxy(engine.stateUrl);
      const command = [NODE, CLI, "status", environment.name, "--watch"].join(" ");
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: environmentVariables({ TERM: "xterm", HONUA_STATE_URL: proxy.url }),
        cwd: directory,
      });
      let shown = "";
      child.stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
      const screens = () => shown.split(`${ESCAPE}[H${ESCAPE}[J`);
      await eventually("the status is shown", () => shown.includes(environment.name));
      await proxy.cut();
      await eventually("the outage is shown", () => shown.includes("cannot be reached"));
      expect(screens().at(-1)).toContain(environment.name);
      await proxy.restore();
      await eventually("the status is shown again", () => !screens().at(-1)?.includes("reached"));
      const ended = once(child, "exit");
      child.stdin.write("\u0003");
      await ended;
      await proxy.cut();
    },
  );
});
