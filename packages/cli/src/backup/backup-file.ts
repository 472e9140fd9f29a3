import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type BackupEnd, backupEnd, backupManifest } from "@honua/contracts";
import { z } from "zod";
import { refusal } from "../api/api-client.ts";
import { readLines } from "../api/read-lines.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import type { Connection } from "../connection/find-connection.ts";

const PATH = "/api/gitops/backup";
const restored = backupEnd.pick({ rows: true });

/**
 * Writes a backup of state to a file that only its owner can read. The file is there only when it is
 * whole: its end was received, and fits.
 *
 * @returns how many rows of each table it holds
 */
export async function writeBackup(
  connection: Connection,
  path: string,
): Promise<BackupEnd["rows"]> {
  const unfinished = `${path}.part`;
  const file = await open(unfinished, "w", 0o600).catch((error: Error) => {
    throw new CommandFailed(`${unfinished} cannot be written: ${error.message}`, EXIT.usage);
  });
  try {
    const hash = createHash("sha256");
    let last: string | undefined;
    let count = 0;
    for await (const line of readLines(connection, PATH)) {
      if (count === 0) backupManifest.parse(JSON.parse(line));
      if (last !== undefined) hash.update(`${last}\n`);
      await file.write(`${line}\n`);
      last = line;
      count += 1;
    }
    const end = endOf(last);
    if (end === undefined) throw brokenOff(count);
    if (end.sha256 !== hash.digest("hex")) {
      throw new CommandFailed("The backup was changed on its way: its digest does not fit.");
    }
    await file.sync();
    await file.close();
    await rename(unfinished, path);
    return end.rows;
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Sends a backup to a state service whose database is empty. */
export async function sendBackup(
  { stateUrl, token, tokenFrom }: Connection,
  path: string,
): Promise<BackupEnd["rows"]> {
  const content = createReadStream(path);
  await new Promise<void>((resolve, reject) => {
    content.once("open", () => resolve());
    content.once("error", (error) =>
      reject(new CommandFailed(`${path} cannot be read: ${error.message}`, EXIT.usage)),
    );
  });
  const response = await fetch(stateUrl + PATH, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" },
    body: Readable.toWeb(content) as ReadableStream<Uint8Array>,
    duplex: "half",
  }).catch((cause: unknown) => {
    throw new CommandFailed(
      `${stateUrl} cannot be reached, or broke off; look with 'honua status' whether the backup was restored.`,
      EXIT.failed,
      { cause },
    );
  });
  if (!response.ok) throw await refusal(response, { tokenFrom });
  return restored.parse(await response.json()).rows;
}

function endOf(line: string | undefined): BackupEnd | undefined {
  const json = z.string().transform((text): unknown => JSON.parse(text));
  try {
    return backupEnd.safeParse(json.parse(line)).data;
  } catch {
    return undefined;
  }
}

function brokenOff(lines: number): CommandFailed {
  return new CommandFailed(
    `The answer broke off after ${lines} lines; no file was written. Try again.`,
  );
}
