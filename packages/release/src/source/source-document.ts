import type { Problem } from "@honua/contracts";
import { type JsonPath, jsonPointer } from "./json-pointer.ts";
import type { Position } from "./line-index.ts";

/** A position in a file. */
export interface Place extends Position {
  readonly file: string;
}

/** A parsed configuration file: the value, and the position of each part. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** The start of the value at a JSON pointer. */
  locate(pointer: string): Place | undefined;
  /** The position of a character of the string at a JSON pointer, if it can be determined. */
  locateInside?(pointer: string, offset: number): Place | undefined;
  /** The start of the key of the value at a JSON pointer. */
  locateKey(pointer: string): Place | undefined;
}

/** The result of parsing a file: all problems, and the document if the syntax is valid. */
export interface ParsedDocument {
  readonly document?: SourceDocument;
  readonly problems: Problem[];
}

type Finding = Pick<Problem, "code" | "message" | "suggestion">;

/** A problem with the value at `path`. A missing value is reported at its nearest parent. */
export function problemAt(document: SourceDocument, path: JsonPath, finding: Finding): Problem {
  return problemWithPlace(document, path, finding, nearestPlace(document, path));
}

/** A problem at an offset in the string at `path`. */
export function problemInside(
  document: SourceDocument,
  path: JsonPath,
  finding: Finding,
  offset: number,
): Problem {
  const inside = document.locateInside?.(jsonPointer(path), offset);
  return problemWithPlace(document, path, finding, inside ?? nearestPlace(document, path));
}

/** A problem with the key of the value at `path`. */
export function problemAtKey(document: SourceDocument, path: JsonPath, finding: Finding): Problem {
  return problemWithPlace(document, path, finding, document.locateKey(jsonPointer(path)));
}

/**
 * A merged document. A position is the first one that one of the documents has.
 *
 * @param documents in the order of their precedence, the highest first
 * @param value the merged value
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

function problemWithPlace(
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
