import type { Expression } from "../ast.ts";
import { Cql2Error, type Cql2ErrorCode } from "../cql2-error.ts";
import { createBudget, type Limits } from "../limits.ts";
import {
  describeExpression,
  isAllowedInRole,
  ROLE_DESCRIPTIONS,
  type Role,
  type RoleTypes,
} from "../roles.ts";
import { positionAt } from "./position-at.ts";
import type { Token } from "./token.ts";
import { tokenize } from "./tokenize.ts";

/** The tokens of a text. The functions of the grammar read them from left to right. */
export interface TextReader {
  /** The token `ahead` positions after the current one, without consuming any. */
  peek(ahead?: number): Token;
  /** The token after an index, such as `closedBy` of a parenthesis. */
  tokenAfter(index: number): Token;
  next(): Token;
  /** Consumes the token if it is this keyword or symbol. A quoted name never is. */
  accept(keyword: string): boolean;
  expect(keyword: string): Token;
  fail(message: string, at?: Token, code?: Cql2ErrorCode): never;
  unexpected(wanted: string): never;
  /** Counts a node of the tree that begins at a token. */
  node<T extends Expression>(at: Token, node: T): T;
  vertex(at: Token): void;
  /** Returns the expression if the grammar allows it in the role. */
  requireRole<R extends Role>(role: R, expression: Expression, at: Token): RoleTypes[R];
  /** Reads any expression, from the operator with the lowest precedence, as in parentheses. */
  readExpression(): Expression;
}

/** @param nested reads any expression; a parameter, because the grammar is recursive */
export function createReader(
  text: string,
  limits: Limits,
  nested: (reader: TextReader) => Expression,
): TextReader {
  const tokens = tokenize(text, limits);
  const end = tokens[tokens.length - 1] as Token;
  const budget = createBudget<Token>(limits, (token) => positionAt(text, token.offset));
  let index = 0;

  const reader: TextReader = {
    peek: (ahead = 0) => tokens[index + ahead] ?? end,
    tokenAfter: (position) => tokens[position + 1] ?? end,
    next() {
      const token = reader.peek();
      index += 1;
      return token;
    },
    accept(keyword) {
      if (reader.peek().keyword !== keyword) return false;
      index += 1;
      return true;
    },
    expect(keyword) {
      if (reader.peek().keyword !== keyword) reader.unexpected(keyword);
      return reader.next();
    },
    fail(message, at = reader.peek(), code = "syntax") {
      throw new Cql2Error(code, message, positionAt(text, at.offset));
    },
    unexpected: (wanted) =>
      reader.fail(`Expected ${wanted}, found ${describeToken(reader.peek())}.`),
    node(at, node) {
      budget.node(at);
      return node;
    },
    vertex: (at) => budget.vertex(at),
    requireRole<R extends Role>(role: R, expression: Expression, at: Token) {
      if (!isAllowedInRole(expression, role)) {
        const found = describeExpression(expression);
        return reader.fail(`Expected ${ROLE_DESCRIPTIONS[role]}, found ${found}.`, at);
      }
      return expression as RoleTypes[R];
    },
    readExpression: () => nested(reader),
  };
  return reader;
}

function describeToken({ type, text }: Token): string {
  if (type === "end") return "the end of the filter";
  const clipped = text.length > 32 ? `${text.slice(0, 32)}…` : text;
  if (type === "string") return `the string '${clipped}'`;
  return type === "quoted" ? `the name "${clipped}"` : clipped;
}
