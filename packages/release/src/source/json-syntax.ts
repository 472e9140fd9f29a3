import { type ParseError, printParseErrorCode } from "jsonc-parser";

/** Maximum number of errors reported for one file. Later errors usually follow from the first ones. */
const MAX_SYNTAX_ERRORS = 20;

/** A syntax error and its offset in the text. */
export interface JsonSyntaxError {
  readonly offset: number;
  readonly message: string;
}

const MESSAGES: Record<ReturnType<typeof printParseErrorCode>, string> = {
  InvalidSymbol: "this is not a JSON value (strings need double quotes)",
  InvalidNumberFormat: "this is not a JSON number",
  PropertyNameExpected: "expected a property name in double quotes",
  ValueExpected: "expected a value",
  ColonExpected: "expected a colon",
  CommaExpected: "expected a comma",
  CloseBraceExpected: "expected a closing brace '}'",
  CloseBracketExpected: "expected a closing bracket ']'",
  EndOfFileExpected: "expected the end of the file",
  InvalidCommentToken: "comments are not allowed",
  UnexpectedEndOfComment: "comments are not allowed, and this one is not closed",
  UnexpectedEndOfString: "a string is not closed with a double quote",
  UnexpectedEndOfNumber: "a number is not complete",
  InvalidUnicode: "a \\u escape needs four hexadecimal digits",
  InvalidEscapeCharacter: "this is not a JSON escape",
  InvalidCharacter: "a control character must be escaped",
  "<unknown ParseErrorCode>": "this is not JSON",
};

/** Describes the errors of the parser, one per offset. */
export function describeSyntaxErrors(
  text: string,
  errors: readonly ParseError[],
): JsonSyntaxError[] {
  if (text.trim() === "") return [{ offset: 0, message: "the file is empty" }];
  const byOffset = new Map<number, JsonSyntaxError>();
  const codes = errors.map(({ error }) => printParseErrorCode(error));
  for (const [index, { offset }] of errors.entries()) {
    // The parser reports an invalid symbol twice: the second error is the missing value.
    if (codes[index] === "ValueExpected" && codes[index - 1] === "InvalidSymbol") continue;
    const comma = trailingComma(text, offset);
    const found =
      comma === undefined
        ? { offset, message: MESSAGES[codes[index] ?? "<unknown ParseErrorCode>"] }
        : { offset: comma, message: "a comma before a closing bracket is not allowed" };
    if (!byOffset.has(found.offset)) byOffset.set(found.offset, found);
  }
  return [...byOffset.values()].sort((a, b) => a.offset - b.offset).slice(0, MAX_SYNTAX_ERRORS);
}

/** The offset of the comma directly before the closing bracket at `offset`, if there is one. */
function trailingComma(text: string, offset: number): number | undefined {
  const closing = text[offset];
  if (closing !== "}" && closing !== "]") return undefined;
  let before = offset - 1;
  while (before >= 0 && /\s/.test(text.charAt(before))) before -= 1;
  return text[before] === "," ? before : undefined;
}

/**
 * Scans a text before it is parsed. The parser recurses, so that a file of a million brackets would
 * exhaust its stack.
 *
 * @returns `deep`, the offset of the first bracket that opens a level deeper than `limit`; and
 *   `members`, the number of members that the text writes, which is the number of colons outside of
 *   strings
 */
export function scanBrackets(
  text: string,
  limit: number,
): { deep: number | undefined; members: number } {
  let depth = 0;
  let members = 0;
  let inText = false;
  for (let offset = 0; offset < text.length; offset += 1) {
    // Comparing character codes takes half as long as comparing one-character strings.
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
