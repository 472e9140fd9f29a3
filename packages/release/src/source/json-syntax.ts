import { type ParseError, printParseErrorCode } from "jsonc-parser";

/** Errors reported for one file; after that many, the rest are echoes of the first ones. */
const MAX_SYNTAX_ERRORS = 20;

/** A syntax error in words, at an offset. */
export interface JsonSyntaxError {
  readonly offset: number;
  readonly words: string;
}

const WORDS: Record<ReturnType<typeof printParseErrorCode>, string> = {
  InvalidSymbol: "this is not a JSON value (texts need double quotes)",
  InvalidNumberFormat: "this is not a JSON number",
  PropertyNameExpected: "expected a property name in double quotes",
  ValueExpected: "expected a value",
  ColonExpected: "expected a colon",
  CommaExpected: "expected a comma",
  CloseBraceExpected: "expected a closing brace '}'",
  CloseBracketExpected: "expected a closing bracket ']'",
  EndOfFileExpected: "expected the end of the file",
  InvalidCommentToken: "comments are not allowed",
  UnexpectedEndOfComment: "a comment is not closed, and comments are not allowed",
  UnexpectedEndOfString: "a text is not closed with a double quote",
  UnexpectedEndOfNumber: "a number is not complete",
  InvalidUnicode: "a \\u escape needs four hexadecimal digits",
  InvalidEscapeCharacter: "this is not a JSON escape",
  InvalidCharacter: "a control character must be escaped",
  "<unknown ParseErrorCode>": "this is not JSON",
};

/** Puts the parser's errors into words, one per place. */
export function describeSyntaxErrors(
  text: string,
  errors: readonly ParseError[],
): JsonSyntaxError[] {
  if (text.trim() === "") return [{ offset: 0, words: "the file is empty" }];
  const byOffset = new Map<number, JsonSyntaxError>();
  const codes = errors.map(({ error }) => printParseErrorCode(error));
  for (const [index, { offset }] of errors.entries()) {
    // What is no symbol is no value either: the parser says both.
    if (codes[index] === "ValueExpected" && codes[index - 1] === "InvalidSymbol") continue;
    const comma = trailingComma(text, offset);
    const found =
      comma === undefined
        ? { offset, words: WORDS[codes[index] ?? "<unknown ParseErrorCode>"] }
        : { offset: comma, words: "a comma before a closing bracket is not allowed" };
    if (!byOffset.has(found.offset)) byOffset.set(found.offset, found);
  }
  return [...byOffset.values()].sort((a, b) => a.offset - b.offset).slice(0, MAX_SYNTAX_ERRORS);
}

/** Offset of the comma that stands before the closing bracket at `offset`, if there is one. */
function trailingComma(text: string, offset: number): number | undefined {
  const closing = text[offset];
  if (closing !== "}" && closing !== "]") return undefined;
  let before = offset - 1;
  while (before >= 0 && /\s/.test(text.charAt(before))) before -= 1;
  return text[before] === "," ? before : undefined;
}

/**
 * The offset of the first bracket that opens a level deeper than `limit`, looked for before parsing
 * because the parser recurses: a file of a million brackets would exhaust its stack. And how many
 * members all objects of the text have, as it writes them: one for each colon outside of a string.
 */
export function bracketsAndMembers(
  text: string,
  limit: number,
): { deep: number | undefined; members: number } {
  let depth = 0;
  let members = 0;
  let inText = false;
  for (let offset = 0; offset < text.length; offset += 1) {
    // Codes: reading a character as a text of its own takes twice as long.
    const code = text.charCodeAt(offset);
    if (inText) {
      if (code === BACKSLASH) offset += 1;
      else if (code === QUOTE || code === LINE_FEED) inText = false;
    } else if (code === QUOTE) inText = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth += 1;
      if (depth > limit) return { deep: offset, members };
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    else if (code === COLON) members += 1;
  }
  return { deep: undefined, members };
}

const [QUOTE, BACKSLASH, LINE_FEED, COLON] = codesOf('"\\\n:');
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = codesOf("{}[]");

function codesOf(characters: string): number[] {
  return [...characters].map((character) => character.charCodeAt(0));
}
