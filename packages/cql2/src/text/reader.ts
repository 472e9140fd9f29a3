import type { Expression } from "../ast.ts";
import { Cql2Error, type Cql2ErrorCode } from "../cql2-error.ts";
import { createBudget, type Limits } from "../limits.ts";
import { describeExpression, playsRole, ROLE_NAMES, type Role, type RoleTypes } from "../roles.ts";
import { positionAt } from "./position-at.ts";
import type { Token } from "./token.ts";
import { tokenize } from "./tokenize.ts";

/** The tokens of a text, read from left to right by the functions of the grammar. */
export interface Reader {
  /** The token `ahead` places from here, without taking it. */
  peek(ahead?: number): Token;
  /** The token at an index that another token names. */
  tokenAfter(index: number): Token;
  take(): Token;
  /** Takes the token when it is this keyword or symbol; a quoted name never is. */
  accept(keyword: string): boolean;
  expect(keyword: string): Token;
  fail(message: string, at?: Token, code?: Cql2ErrorCode): never;
  unexpected(wanted: string): never;
  /** Counts a node of the tree that begins at a token. */
  node<T extends Expression>(at: Token, node: T): T;
  vertex(at: Token): void;
  /** The expression, when the grammar allows it at a place of this role. */
  require<R extends Role>(role: R, expression: Expression, at: Token): RoleTypes[R];
  /** Any expression, from the loosest operator: what stands in parentheses. */
  nested(): Expression;
}

/** @param nested reads any expression; given from outside, since the grammar is recursive. */
export function createReader(
  text: string,
  limits: Limits,
  nested: (reader: Reader) => Expression,
): Reader {
  const tokens = tokenize(text, limits);
  const end = tokens[tokens.length - 1] as Token;
  const budget = createBudget<Token>(limits, (token) => positionAt(text, token.offset));
  let index = 0;

  const reader: Reader = {
    peek: (ahead = 0) => tokens[index + ahead] ?? end,
    tokenAfter: (position) => tokens[position + 1] ?? end,
    take() {
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
      return reader.take();
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
    require<R extends Role>(role: R, expression: Expression, at: Token) {
      if (!playsRole(expression, role)) {
        const found = describeExpression(expression);
        return reader.fail(`Expected ${ROLE_NAMES[role]}, found ${found}.`, at);
      }
      return expression as RoleTypes[R];
    },
    nested: () => nested(reader),
  };
  return reader;
}

function describeToken({ type, text }: Token): string {
  if (type === "end") return "the end of the filter";
  const clipped = text.length > 32 ? `${text.slice(0, 32)}…` : text;
  if (type === "string") return `the string '${clipped}'`;
  return type === "quoted" ? `the name "${clipped}"` : clipped;
}
