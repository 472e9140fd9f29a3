import type { Problem } from "@honua/contracts";
import { type JsonPath, jsonPointer } from "./json-pointer.ts";
import type { Position } from "./line-index.ts";

/** A position together with the file it is in. */
export interface Place extends Position {
  readonly file: string;
}

/** A configuration file after its syntax was read: the value, and where each part of it stands. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where the value at a JSON pointer starts. */
  locate(pointer: string): Place | undefined;
  /** Where a character of the text at a JSON pointer stands, if that can be told. */
  locateInside?(pointer: string, offset: number): Place | undefined;
  /** Where the key that names the value at a JSON pointer starts. */
  locateKey(pointer: string): Place | undefined;
}

/** What reading a file gives: a document, unless its syntax is wrong, and every problem found. */
export interface ParsedDocument {
  readonly document?: SourceDocument;
  readonly problems: Problem[];
}

type Finding = Pick<Problem, "code" | "message" | "suggestion">;

/** A problem with the value at `path`; a value that is absent is reported where it should be. */
export function problemAt(document: SourceDocument, path: JsonPath, finding: Finding): Problem {
  return placed(document, path, finding, nearestPlace(document, path));
}

/** A problem with one place inside the text at `path`. */
export function problemInside(
  document: SourceDocument,
  path: JsonPath,
  finding: Finding,
  offset: number,
): Problem {
  const inside = document.locateInside?.(jsonPointer(path), offset);
  return placed(document, path, finding, inside ?? nearestPlace(document, path));
}

/** A problem with the key that names the value at `path`. */
export function problemAtKey(document: SourceDocument, path: JsonPath, finding: Finding): Problem {
  return placed(document, path, finding, document.locateKey(jsonPointer(path)));
}

/**
 * Documents laid over each other, the strongest first: the value is the given one, and a place is
 * looked for in each document in turn.
 */
export function overlaidDocument(
  documents: readonly [SourceDocument, ...SourceDocument[]],
  value: unknown,
): SourceDocument {
  const first = (look: (document: SourceDocument) => Place | undefined) =>
    documents.map(look).find((place) => place !== undefined);
  return {
    file: documents[0].file,
    value,
    locate: (pointer) => first((document) => document.locate(pointer)),
    locateKey: (pointer) => first((document) => document.locateKey(pointer)),
  };
}

function nearestPlace(document: SourceDocument, path: JsonPath): Place | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const place = document.locate(jsonPointer(path.slice(0, length)));
    if (place !== undefined) return place;
  }
  return undefined;
}

function placed(
  document: SourceDocument,
  path: JsonPath,
  { code, message, suggestion }: Finding,
  place: Place | undefined,
): Problem {
  return {
    code,
    message,
    file: place?.file ?? document.file,
    pointer: jsonPointer(path),
    ...(place === undefined ? {} : { line: place.line, column: place.column }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
