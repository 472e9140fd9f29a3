import { canonicalNumber } from "../canonical-number.ts";
import { IDENTIFIER_PATTERN, invalidCharacterAt, WHITESPACE_PATTERN } from "../characters.ts";
import { Cql2Error, type Cql2ErrorCode } from "../cql2-error.ts";
import { type Limits, tooDeep } from "../limits.ts";
import { upperCase } from "../operators.ts";
import { positionAt } from "./position-at.ts";
import type { Token } from "./token.ts";

/** The parentheses that one node of the tree can have at most: those of a multipolygon. */
const PARENTHESES_IN_NODE = 4;

/**
 * Splits CQL2 text into tokens (OGC 21-065r2, Annex B) and matches the parentheses.
 *
 * @throws Cql2Error for characters outside the grammar, open quotes and unmatched parentheses
 */
export function tokenize(text: string, limits: Limits): readonly Token[] {
  const whitespace = new RegExp(WHITESPACE_PATTERN, "y");
  const identifier = new RegExp(IDENTIFIER_PATTERN, "uy");
  const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
  const symbol = /<>|<=|>=|[=<>(),+\-*/%^]/y;
  const tokens: Token[] = [];
  const open: Token[] = [];
  let offset = 0;

  const fail = (code: Cql2ErrorCode, message: string, at = offset): never => {
    throw new Cql2Error(code, message, positionAt(text, at));
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    return pattern.exec(text)?.[0];
  };
  const add = (type: Token["type"], value: string, keyword: string, length: number): Token => {
    const token: Token = { type, text: value, keyword, offset };
    tokens.push(token);
    offset += length;
    return token;
  };
  const addNumber = (source: string) => {
    const canonical = canonicalNumber(source);
    if (canonical === undefined) {
      return fail("invalid-number", `The number ${shorten(source)} is out of range.`);
    }
    add("number", canonical, "", source.length);
    if (match(identifier) !== undefined) {
      fail("syntax", `A name or keyword follows the number ${shorten(source)} without a space.`);
    }
  };
  const addSymbol = (source: string) => {
    const token = add("symbol", source, source, source.length);
    if (source === "(") {
      open.push(token);
      if (open.length > limits.maxDepth + PARENTHESES_IN_NODE) {
        throw tooDeep(limits, positionAt(text, token.offset));
      }
    } else if (source === ")") {
      const opening = open.pop();
      if (opening === undefined) return fail("syntax", 'This ")" closes nothing.', token.offset);
      opening.closedBy = tokens.length - 1;
    }
  };

  const invalidPosition = invalidCharacterAt(text);
  if (invalidPosition >= 0)
    fail(
      "invalid-character",
      `${codePoint(text, invalidPosition)} is not allowed.`,
      invalidPosition,
    );

  while (offset < text.length) {
    const space = match(whitespace);
    if (space !== undefined) {
      offset += space.length;
      continue;
    }
    const digits = match(number);
    if (digits !== undefined) {
      addNumber(digits);
      continue;
    }
    const word = match(identifier);
    if (word !== undefined) {
      add("word", word, upperCase(word), word.length);
      continue;
    }
    const operator = match(symbol);
    if (operator !== undefined) {
      addSymbol(operator);
      continue;
    }
    const quote = text[offset];
    if (quote !== "'" && quote !== '"') {
      fail("invalid-character", `${codePoint(text, offset)} is not part of CQL2.`);
    }
    const quoted = readQuoted(text, offset);
    if (quoted === undefined) {
      fail("syntax", `This quote is never closed. Inside a string, write a quote as ''.`);
    } else if (quote === '"' && quoted.value === "") {
      fail("syntax", "A property name is empty.");
    } else {
      add(quote === "'" ? "string" : "quoted", quoted.value, "", quoted.length);
    }
  }
  const unclosed = open.pop();
  if (unclosed !== undefined) fail("syntax", 'This "(" is never closed.', unclosed.offset);
  add("end", "", "", 0);
  return tokens;
}

/**
 * Reads a string in single quotes or a name in double quotes. A doubled quote is one quote. In a string,
 * `\'` is a quote as well (rule `escapeQuote`); any other backslash is a plain character. A backslash
 * before a quote always escapes it, so that text after a string never becomes part of it unnoticed.
 */
function readQuoted(text: string, start: number): { value: string; length: number } | undefined {
  const quote = text[start];
  let value = "";
  let from = start + 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\" && quote === "'" && text[at + 1] === quote) {
      value += text.slice(from, at);
      from = at + 1;
      at += 1;
    } else if (text[at] === quote) {
      value += text.slice(from, at);
      if (text[at + 1] !== quote) return { value, length: at + 1 - start };
      from = at + 1;
      at += 1;
    }
  }
  return undefined;
}

function shorten(source: string): string {
  return source.length > 32 ? `${source.slice(0, 32)}…` : source;
}

function codePoint(text: string, offset: number): string {
  const code = text.codePointAt(offset) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return code > 0x20 && code < 0x7f ? `The character ${text[offset]}` : `The character ${name}`;
}
