import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { type BackupEnd, backupEnd, backupManifest } from "@honua/contracts";
import { z } from "zod";
import { errorFromResponse } from "../api/api-client.ts";
import { readLines } from "../api/read-lines.ts";
import { CommandError, EXIT } from "../command-error.ts";
import type { Connection } from "../connection/find-connection.ts";

const BACKUP_PATH = "/api/gitops/backup";
const restoreResponse = backupEnd.pick({ rows: true });

/**
 * Downloads a backup of the state database to a file that only its owner can read. The file is
 * replaced only after the backup is complete and its digest is verified.
 *
 * @returns the number of rows by table
 * @throws CommandError when the file cannot be written or the backup is incomplete
 */
export async function downloadBackup(
  connection: Connection,
  path: string,
): Promise<BackupEnd["rows"]> {
  const partialPath = `${path}.part`;
  const file = await open(partialPath, "w", 0o600).catch((error: Error) => {
    throw new CommandError(`${partialPath} cannot be written: ${error.message}`, EXIT.usage);
  });
  try {
    const hash = createHash("sha256");
    let lastLine: string | undefined;
    let lineCount = 0;
    for await (const line of readLines(connection, BACKUP_PATH)) {
      if (lineCount === 0) backupManifest.parse(JSON.parse(line));
      // The digest covers every line except the last one, which contains it.
      if (lastLine !== undefined) hash.update(`${lastLine}\n`);
      await file.write(`${line}\n`);
      lastLine = line;
      lineCount += 1;
    }
    const end = parseBackupEnd(lastLine);
    if (end === undefined) {
      throw new CommandError(
        `The connection was lost after ${lineCount} lines, so no file was written. Try again.`,
      );
    }
    if (end.sha256 !== hash.digest("hex")) {
      throw new CommandError("The backup was damaged in transit: its digest does not match.");
    }
    await file.sync();
    await file.close();
    await rename(partialPath, path);
    return end.rows;
  } catch (error) {
    await file.close();
    await rm(partialPath, { force: true });
    throw error;
  }
}

/**
 * Uploads a backup to a state service whose database is empty.
 *
 * @returns the number of restored rows by table
 * @throws CommandError when the file cannot be read or the service refuses it
 */
export async function uploadBackup(
  { stateUrl, token, tokenSource }: Connection,
  path: string,
): Promise<BackupEnd["rows"]> {
  const content = createReadStream(path);
  await new Promise<void>((resolve, reject) => {
    content.once("open", () => resolve());
    content.once("error", (error) =>
      reject(new CommandError(`${path} cannot be read: ${error.message}`, EXIT.usage)),
    );
  });
  const response = await fetch(stateUrl + BACKUP_PATH, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" },
    body: Readable.toWeb(content) as ReadableStream<Uint8Array>,
    duplex: "half",
  }).catch((cause: unknown) => {
    throw new CommandError(
      `The connection to ${stateUrl} failed. Check with 'honua status' whether the backup was restored.`,
      EXIT.failed,
      { cause },
    );
  });
  if (!response.ok) throw await errorFromResponse(response, { tokenSource });
  return restoreResponse.parse(await response.json()).rows;
}

function parseBackupEnd(line: string | undefined): BackupEnd | undefined {
  const json = z.string().transform((text): unknown => JSON.parse(text));
  try {
    return backupEnd.safeParse(json.parse(line)).data;
  } catch {
    return undefined;
  }
}
