import { existsSync } from "node:fs";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openStackHome } from "../../src/stack/home.ts";

const KEEP_DATA = { reset: false };
let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "honua-home-")), ".honua");
});

describe("openStackHome", () => {
  it("keeps the token across starts, readable only by its owner", async () => {
    const first = await openStackHome(directory, KEEP_DATA);
    await first.release();
    const second = await openStackHome(directory, KEEP_DATA);
    expect(second.token).toBe(first.token);
    expect((await stat(join(directory, "token"))).mode & 0o777).toBe(0o600);
    await second.release();
  });

  it("refuses a home that another stack uses", async () => {
    const first = await openStackHome(directory, KEEP_DATA);
    await expect(openStackHome(directory, KEEP_DATA)).rejects.toThrow(
      /A stack already runs in this home \(process \d+\)/,
    );
    await first.release();
    await (await openStackHome(directory, KEEP_DATA)).release();
  });

  it("replaces the lock of a process that no longer runs", async () => {
    await (await openStackHome(directory, KEEP_DATA)).release();
    await writeFile(join(directory, "lock"), "999999999");
    await (await openStackHome(directory, KEEP_DATA)).release();
  });

  it("refuses a home of another version, leaves it unlocked, and can reset it", async () => {
    await (await openStackHome(directory, KEEP_DATA)).release();
    await writeFile(join(directory, "format"), "999\n");
    await expect(openStackHome(directory, KEEP_DATA)).rejects.toThrow(/another version .*--reset/);
    expect(existsSync(join(directory, "lock"))).toBe(false);
    await (await openStackHome(directory, { reset: true })).release();
    expect(await readFile(join(directory, "format"), "utf8")).toBe("1\n");
  });

  it("does not reset a folder that is not a home", async () => {
    const foreign = await mkdtemp(join(tmpdir(), "honua-foreign-"));
    await writeFile(join(foreign, "thesis.txt"), "years of work");
    await expect(openStackHome(foreign, { reset: true })).rejects.toThrow(
      /is not the home of a local stack/,
    );
    expect(existsSync(join(foreign, "thesis.txt"))).toBe(true);
  });
});
